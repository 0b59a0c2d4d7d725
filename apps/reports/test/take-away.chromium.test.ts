// What a reader takes away from the site, in a real browser that opens it from the disk: the whole report as one file,
// charts as SVG, tables as CSV, and the image for sharing.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeInChromium, launchChromium } from '@sightline/chromium/testing';
import { visible } from '@sightline/core';
import { readRun } from '@sightline/runs';
import { pngSize } from '@sightline/viz';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildSingle, type SingleFile } from '../src/index.ts';
import { axeViolations } from './axe.ts';
import { builtSite, HOSTILE, SITE_URL } from './site.ts';

describeInChromium(() => {
  let folders: Awaited<ReturnType<typeof builtSite>>;
  /** What the tests take away. */
  let taken: string;
  let browser: Browser;
  let page: Page;
  let single: SingleFile;
  const problems: string[] = [];

  beforeAll(async () => {
    folders = await builtSite();
    taken = mkdtempSync(join(tmpdir(), 'sightline taken #'));
    single = await buildSingle({ ...folders, out: join(taken, 'all.html') });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => problems.push(message.text()));
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(taken, { recursive: true, force: true });
  });

  const open = (path: string) => page.goto(pathToFileURL(path).href);

  async function downloaded(button: ReturnType<Page['locator']>): Promise<{ name: string; text: string }> {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    return { name: download.suggestedFilename(), text: readFileSync((await download.path())!, 'utf8') };
  }

  test('a chart comes as an SVG file with its colors in it', async () => {
    await open(join(folders.site, 'runs/hues.html'));
    await page.locator('.chart-wide svg').first().hover();
    const { name, text } = await downloaded(page.locator('.chart-wide > .save').first());
    expect(name).toBe('accuracy-by-epoch-of-hues.svg');
    expect(text).not.toMatch(/var\(|currentColor/);
    const saved = join(taken, name);
    writeFileSync(saved, text);
    await open(saved);
    expect(
      await page.evaluate(
        '[document.documentElement.localName, getComputedStyle(document.querySelector("path")).stroke]',
      ),
    ).toEqual(['svg', expect.stringMatching(/^rgb/)]);
  });

  test('a table comes as a CSV file, with intervals in columns of their own', async () => {
    await open(join(folders.site, 'runs/hues.html'));
    const { name, text } = await downloaded(page.locator('section[aria-labelledby=classes] .save').first());
    expect(name).toBe('metrics-per-class-validation.csv');
    const rows = text
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));
    expect(rows[0]).toEqual([
      'class',
      'images',
      'recall',
      'recall interval',
      'precision',
      'precision interval',
      'F1',
      'ROC area',
      'ROC area interval',
    ]);
    const { classes } = readRun(join(folders.runs, 'hues')).run.metrics!.splits!.validation;
    for (const { class: label, support, recall } of classes) {
      const row = rows.find(([first]) => first === visible(label))!;
      expect(row.slice(1, 3)).toEqual([String(support), recall.toFixed(3)]);
    }
  });

  test('the image for sharing is named by its whole address, and has the size that is asked for', async () => {
    const png = readFileSync(join(folders.site, 'assets', 'hues', 'share.png'));
    expect(pngSize(png)).toEqual({ width: 1200, height: 630 });
    expect(readFileSync(join(folders.site, 'runs', 'hues.html'), 'utf8')).toContain(
      `<meta property="og:image" content="${SITE_URL}/assets/hues/share.png">`,
    );
    await open(join(folders.site, 'runs/hues/use.html'));
    const href = await page.getByRole('link', { name: 'download as PNG' }).getAttribute('href');
    expect(existsSync(new URL(href!, page.url()))).toBe(true);
  });

  test('one file has all pages, whose links lead to each other, and asks for nothing', async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await open(single.index);
    expect(asked.filter((url) => !url.startsWith('data:'))).toEqual([pathToFileURL(single.index).href]);
    expect(single.bytes).toBe(readFileSync(single.index).length);
    const found = (await page.evaluate(`({
      pages: document.querySelectorAll('article > h1, article > div > h1').length,
      names: [...document.querySelectorAll('h1')].map((heading) => heading.textContent),
      lost: [...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href'))
        .filter((href) => !href.startsWith('data:') && !document.getElementById(href.slice(1))),
      doubled: [...Map.groupBy(document.querySelectorAll('[id]'), ({ id }) => id)].filter(([, all]) => all.length > 1).map(([id]) => id),
      uses: [...document.querySelectorAll('use')].filter((use) => !document.querySelector(use.getAttribute('href'))).length,
    })`)) as { pages: number; names: string[]; lost: string[]; doubled: string[]; uses: number };
    expect(found.pages).toBe(single.pages);
    expect(found.names).toContain(visible(HOSTILE));
    expect(found.lost).toEqual([]);
    expect(found.doubled).toEqual([]);
    expect(found.uses).toBe(0);
    const broken = await page.evaluate(`(async () => {
      // What is folded is not decoded.
      for (const details of document.querySelectorAll('details')) details.open = true;
      const images = [...document.images];
      for (const image of images) image.loading = 'eager';
      await Promise.all(images.map((image) => image.decode().catch(() => {})));
      return images.filter(({ naturalWidth }) => naturalWidth === 0).length;
    })()`);
    expect(broken).toBe(0);
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    }
    expect(problems).toEqual([]);
  });

  test('one run makes a file of its own, in which axe finds nothing', async () => {
    const out = join(taken, 'hues.html');
    const { pages } = await buildSingle({ runs: join(folders.runs, 'hues'), checks: folders.checks, out });
    await open(out);
    // The check of its own data set, and of no other.
    const links = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allTextContents();
    expect(links.filter((text) => text.startsWith('Check of'))).toEqual(['Check of hues']);
    expect(await page.locator('main').textContent()).not.toContain('warm or cold');
    // Pages of classes are folded, so that the report begins on the first screen.
    expect(await page.locator('nav details').getAttribute('open')).toBeNull();
    expect(await page.locator('nav details a').count()).toBe(
      readRun(join(folders.runs, 'hues')).run.data.classes.length,
    );
    expect((await page.locator('h1').first().boundingBox())!.y).toBeLessThan(900);
    const names = await page.locator('h1').allTextContents();
    expect(names).toHaveLength(pages);
    expect(names.join()).not.toContain('Räder');
    expect(await axeViolations(page)).toEqual([]);
  });

  test('a file that is no report is not replaced', async () => {
    const out = join(taken, 'thesis.html');
    writeFileSync(out, '<h1>all of it</h1>');
    await expect(buildSingle({ ...folders, out })).rejects.toMatchObject({ code: 'not-a-site' });
    expect(readFileSync(out, 'utf8')).toBe('<h1>all of it</h1>');
  });
});
