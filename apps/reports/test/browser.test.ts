// The site as a reader has it: opened from the disk in a real browser, wide and narrow, light and dark.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildSite } from '../src/index.ts';
import { chromiumFlags, findChromium } from './chromium.ts';
import { writeFixtureRuns } from './fixture-runs.ts';

const executablePath = findChromium();
const reason = executablePath ? '' : ' (skipped: this machine has no Chromium; set CHROMIUM_PATH)';

const widths = [320, 390, 768, 1280];

/** What the browser knows of one page. */
interface Seen {
  name: string;
  /** Of each picture: how wide it really is, its words and its address. */
  pictures: { naturalWidth: number; alt: string; src: string }[];
  charts: { role: string | null; label: string | null; description: string | null }[];
  /** By the screen's width: how wide the page is, the classes of the charts that are shown, and rows in each pair. */
  layouts: { width: number; scrollWidth: number; shown: string[]; pairs: number[] }[];
}

/** Runs in the page. */
const look = `({
  pictures: [...document.images].map(({ naturalWidth, alt, src }) => ({ naturalWidth, alt, src })),
  charts: [...document.querySelectorAll('svg')].map((svg) => ({
    role: svg.getAttribute('role'),
    label: svg.getAttribute('aria-label'),
    description: svg.getAttribute('aria-description'),
  })),
})`;
const measure = `({
  scrollWidth: document.documentElement.scrollWidth,
  shown: [...document.querySelectorAll('.chart')].filter((chart) => chart.offsetParent).map((chart) => chart.className),
  pairs: [...document.querySelectorAll('.pairs > li')].map(
    (pair) => new Set([...pair.querySelectorAll('.tile')].map((tile) => tile.getBoundingClientRect().top)).size,
  ),
})`;

describe.skipIf(!executablePath)(`in Chromium${reason}`, () => {
  let root: string;
  let browser: Browser;
  const seen: Seen[] = [];
  const complaints: string[] = [];
  const requests: string[] = [];
  const address = (name: string) => pathToFileURL(join(root, 'site', name)).href;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'sightline reports #'));
    const out = join(root, 'site');
    await buildSite({ ...writeFixtureRuns(root), out });
    browser = await chromium.launch({ executablePath: executablePath!, args: chromiumFlags });
    for (const name of ['index.html', ...readdirSync(join(out, 'runs')).map((file) => `runs/${file}`)]) {
      const page = await browser.newPage();
      page.on('console', (message) => complaints.push(`${name}: ${message.text()}`));
      page.on('pageerror', (error) => complaints.push(`${name}: ${error.message}`));
      page.on('requestfailed', (request) => complaints.push(`${name}: failed ${request.url()}`));
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(address(name));
      const layouts: Seen['layouts'] = [];
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 });
        layouts.push({ width, ...((await page.evaluate(measure)) as Omit<Seen['layouts'][0], 'width'>) });
      }
      seen.push({ name, layouts, ...((await page.evaluate(look)) as Pick<Seen, 'pictures' | 'charts'>) });
      await page.close();
    }
    // A build and a browser on a machine that does other work as well.
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(root, { recursive: true, force: true });
  });

  test('every page loads without a complaint, and asks for nothing but files', () => {
    expect(seen).toHaveLength(7);
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !/^(file|data):/.test(url))).toEqual([]);
  });

  test('every picture is there and says what it shows', () => {
    for (const { name, pictures } of seen) {
      for (const picture of pictures) {
        expect(picture.naturalWidth, `${name}: ${picture.src}`).toBeGreaterThan(0);
        expect(picture.alt, `${name}: ${picture.src}`).not.toBe('');
      }
    }
    expect(seen.find(({ name }) => name === 'runs/baseline.html')!.pictures).toHaveLength(
      2 + 16 + 2 * 16 + 11,
    );
  });

  test('every chart has a name and a description for those who cannot see it', () => {
    for (const { name, charts } of seen) {
      expect(charts.length, name).toBeGreaterThan(0);
      for (const { role, label, description } of charts) {
        expect(role, name).toBe('img');
        expect(label, name).toBeTruthy();
        expect(description, name).toBeTruthy();
      }
    }
  });

  test('nothing is wider than the screen, down to 320 pixels', () => {
    for (const { name, layouts } of seen) {
      for (const { width, scrollWidth } of layouts) expect(scrollWidth, `${name} at ${width}`).toBe(width);
    }
  });

  test('an image stays beside what augmentation made of it', () => {
    const { layouts } = seen.find(({ name }) => name === 'runs/baseline.html')!;
    for (const { width, pairs } of layouts) expect(pairs, `at ${width}`).toEqual(Array(16).fill(1));
  });

  test('of the two widths of each chart, the one that fits is shown', () => {
    for (const { name, layouts } of seen) {
      for (const { width, shown } of layouts) {
        const fitting = width < 620 ? 'chart chart-narrow' : 'chart chart-wide';
        expect(shown.length, name).toBeGreaterThan(0);
        expect(new Set(shown), `${name} at ${width}`).toEqual(new Set([fitting]));
      }
    }
  });

  test('words can be read on their ground in both themes', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ colorScheme: scheme });
      await page.goto(address('index.html'));
      for (const ground of ['--paper', '--raised']) {
        for (const ink of ['--ink', '--muted', '--accent', '--amber', '--red']) {
          // 4.5 is WCAG 2.2's smallest contrast for text (1.4.3).
          expect(await contrast(page, ink, ground), `${scheme}: ${ink} on ${ground}`).toBeGreaterThan(4.5);
        }
      }
      await page.close();
    }
  });

  test('a reader gets from the overview to a run and back', async () => {
    const page = await browser.newPage();
    await page.goto(address('index.html'));
    await page.locator('.cards').getByRole('link', { name: 'Räder & <b>“Reifen” #1' }).click();
    expect(await page.locator('h1').textContent()).toBe('Räder & <b>“Reifen” #1');
    await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link').click();
    expect(await page.locator('h1').textContent()).toBe('Six classifiers');
    await page.close();
  });
});

/** The contrast of two of the site's colours, as WCAG 2.2 defines it. */
async function contrast(page: Page, ink: string, ground: string): Promise<number> {
  const luminances = await page.evaluate(
    `['${ink}', '${ground}'].map((name) => {
      const probe = document.body.appendChild(document.createElement('i'));
      probe.style.color = 'var(' + name + ')';
      const channels = getComputedStyle(probe).color.match(/[\\d.]+/g).map(Number);
      probe.remove();
      const [r, g, b] = channels.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    })`,
  );
  const [a, b] = (luminances as number[]).toSorted((x, y) => y - x);
  return (a! + 0.05) / (b! + 0.05);
}
