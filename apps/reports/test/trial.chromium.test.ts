// The page that tries networks, in a real browser: what it answers is what `sightline predict` answers.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeInChromium, launchChromium } from '@sightline/chromium/testing';
import { visible } from '@sightline/core';
import { sightline } from '@sightline/testing';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SiteServer, serveSite } from '../src/index.ts';
import { axeViolations } from './axe.ts';
import { builtSite, filesIn } from './site.ts';

describeInChromium(() => {
  let folders: Awaited<ReturnType<typeof builtSite>>;
  let server: SiteServer;
  let browser: Browser;
  let page: Page;
  let photo: string;
  const problems: string[] = [];

  beforeAll(async () => {
    folders = await builtSite();
    server = await serveSite({ dir: folders.site, port: 0 });
    browser = await launchChromium();
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) problems.push(`asks for ${request.url()}`);
    });
    const images = join(folders.origin, 'hues', 'validation', 'red');
    photo = join(images, readdirSync(images)[0]!);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const give = (path: string) => page.locator('input[type=file]').first().setInputFiles(path);
  const answerOf = (name: string): Locator => page.locator('.answer-card', { hasText: name });

  /** The card's probabilities, of which it shows three digits. */
  async function shownBy(card: Locator): Promise<Record<string, number>> {
    await card.waitFor();
    const rows = await card.locator('.probabilities tr').all();
    return Object.fromEntries(
      await Promise.all(
        rows.map(async (row) => [
          await row.locator('th').textContent(),
          Number(await row.locator('td').textContent()),
        ]),
      ),
    );
  }

  const commands = new Map<string, Promise<Record<string, number>>>();
  /** What the command says of a run and an image, which it is asked once. */
  function predicted(run: string, path: string): Promise<Record<string, number>> {
    const asked = commands.get(run + path) ?? predict(run, path);
    commands.set(run + path, asked);
    return asked;
  }

  async function predict(run: string, path: string): Promise<Record<string, number>> {
    const { stdout, stderr } = await sightline(folders.root, [
      ...['predict', join(folders.runs, run), path, '--json', '--top', '5'],
    ]);
    expect(stderr).not.toContain('rror');
    const [row] = JSON.parse(stdout) as { probabilities: Record<string, number> }[];
    return row!.probabilities;
  }

  test('the site holds as many models per data set as are wanted, and one ONNX Runtime', () => {
    const names = filesIn(folders.site).filter((name) => /\.(onnx|wasm)$/.test(name));
    expect(names).toEqual([
      ...['collapsed', 'hues', 'Rader-b-Reifen-1', 'transfer']
        .sort()
        .map((run) => `assets/${run}/model.onnx`),
      'assets/try/ort-wasm-simd-threaded.jspi.wasm',
      'assets/try/ort-wasm-simd-threaded.wasm',
    ]);
  });

  test('two runs answer beside each other, as the command does', async () => {
    await page.goto(`${server.url}sets/hues.html`);
    await page.getByRole('link', { name: 'Try it' }).click();
    await page.getByRole('checkbox', { name: 'Try transfer' }).check();
    await page.getByRole('checkbox', { name: 'Try hues' }).check();
    const button = page.getByRole('button', { name: /^Load 2 networks \(\d+ MB\)$/ });
    const before = await page.evaluate('performance.getEntriesByType("resource").map(({ name }) => name)');
    expect(JSON.stringify(before)).not.toMatch(/\.(wasm|onnx)/);
    await button.click();
    await page.getByText('Ready: drop a photo here').waitFor();
    await give(photo);
    for (const run of ['transfer', 'hues']) {
      const shown = await shownBy(answerOf(run));
      const expected = await predicted(run, photo);
      expect(Object.keys(shown).sort()).toEqual(Object.keys(expected).map(visible).sort());
      for (const [name, value] of Object.entries(expected))
        expect(Math.abs(shown[visible(name)]! - value), `${run}: ${name}`).toBeLessThan(1e-3);
    }
  });

  test('on WebGPU the answers are the same', async () => {
    const gpu = await launchChromium(['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']);
    const tab = await gpu.newPage();
    tab.on('pageerror', (error) => problems.push(error.message));
    // The page offers none that is emulated, for it is slow; this one shall pass for another, and be asked.
    await tab.addInitScript(() => {
      const { GPUAdapterInfo, GPUQueue } = globalThis as unknown as Record<string, { prototype: object }>;
      Object.defineProperty(GPUAdapterInfo!.prototype, 'isFallbackAdapter', { value: false });
      const queue = GPUQueue!.prototype as { submit(...args: unknown[]): unknown };
      const { submit } = queue;
      queue.submit = function (...args) {
        Reflect.set(globalThis, 'hasSubmitted', true);
        return submit.apply(this, args);
      };
    });
    await tab.goto(`${server.url}sets/hues/try.html#hues`);
    await tab.getByLabel('Run on').waitFor();
    expect(await tab.getByLabel('Run on').inputValue()).toBe('webgpu');
    await tab.getByRole('button', { name: /^Load hues/ }).click();
    await tab.getByText('Ready: drop a photo here').waitFor();
    await tab.locator('input[type=file]').first().setInputFiles(photo);
    const shown = await shownBy(tab.locator('.answer-card', { hasText: 'hues' }));
    for (const [name, value] of Object.entries(await predicted('hues', photo)))
      expect(Math.abs(shown[visible(name)]! - value), name).toBeLessThan(1e-3);
    expect(await tab.evaluate('hasSubmitted')).toBe(true);
    await gpu.close();
  });

  test('the training images that are shown are the nearest of those that the run kept', async () => {
    const labels = await answerOf('transfer').locator('.nearest .caption').allTextContents();
    expect(labels).toHaveLength(6);
    const likeness = labels.map((label) => Number(label.split(' ').at(-1)));
    expect(likeness).toEqual(likeness.toSorted((a, b) => b - a));
    const widths = await page.evaluate(`Promise.all(
      [...document.querySelectorAll('.nearest img')].map((image) => image.decode().then(() => image.naturalWidth)),
    )`);
    expect(widths).toEqual(Array.from({ length: 12 }, () => 64));
    // A training image is most like itself, up to the rounding of its features and its thumbnail.
    const own = join(folders.origin, 'hues', 'train', 'blue', '0.png');
    await give(own);
    await answerOf('transfer')
      .getByText(/^blue (1\.00|0\.99)$/)
      .waitFor();
  });

  test('by keys alone a network is loaded and a photograph of the page is classified', async () => {
    const tab = await browser.newPage();
    await tab.goto(`${server.url}sets/hues/try.html`);
    await tab.getByRole('button', { name: /^Load hues/ }).press('Enter');
    await tab.getByText('Ready: drop a photo here').waitFor();
    await tab.locator('.samples a.photo').first().press('Enter');
    await tab.locator('.answer-card').waitFor();
    await tab.close();
  });

  test('below the threshold, and by a run that can not be trusted, the answer is "not sure"', async () => {
    await page.goto(`${server.url}sets/warm-or-cold.html`);
    await page.getByRole('link', { name: 'Try it' }).click();
    const row = page.locator('tr[data-run=collapsed]');
    expect(await row.locator('td').last().textContent()).toBe('always');
    for (const box of await page.getByRole('checkbox').all()) await box.uncheck();
    await page.getByRole('checkbox', { name: 'Try collapsed' }).check();
    // A photo that comes first asks for what its answer needs.
    await give(photo);
    await page.getByText(/^Not sure perhaps/).waitFor();
  });

  test('what is no image is said, and the page goes on', async () => {
    await give(join(folders.runs, 'collapsed', 'run.json'));
    await page.getByText('run.json is not an image that this browser can decode.').waitFor();
    await give(photo);
    await page.getByText(/^Not sure perhaps/).waitFor();
    expect(problems).toEqual([]);
  });

  test.each(['light', 'dark'] as const)('axe finds nothing on the page at work, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    expect(await axeViolations(page)).toEqual([]);
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    }
  });

  test('from a file the page says how to serve it, and asks for nothing', async () => {
    const asked: string[] = [];
    const tab = await browser.newPage();
    tab.on('console', (message) => asked.push(message.text()));
    tab.on('request', (request) => asked.push(request.url()));
    await tab.goto(pathToFileURL(join(folders.site, 'sets', 'hues', 'try.html')).href);
    expect(await tab.getByText('npm run sightline -- report runs --serve').isVisible()).toBe(true);
    expect(await tab.locator('input').count()).toBe(0);
    expect(asked.filter((address) => !/\.(html|jpg)$/.test(address))).toEqual([]);
    await tab.close();
  });
});
