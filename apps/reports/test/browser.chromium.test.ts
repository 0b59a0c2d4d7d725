// The site as a reader has it: opened from the disk in a real browser, wide and narrow, light and dark, with and without
// its script, and checked by axe.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeInChromium, launchChromium } from '@sightline/chromium/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { typeset } from '../src/typeset.ts';
import { axeViolations } from './axe.ts';
import { builtSite, pagesIn } from './site.ts';

const widths = [1280, 1440, 768, 360];

/** The template that makes a page; the pages of runs differ by what became of the run, so each is of its own. */
const templateOf = (name: string) =>
  /^runs\/[^/]+$/.test(name)
    ? name
    : name.replace(/^([^/]+\/)[^/]+?(?=\/|\.html$)/, '$1*').replace(/classes\/.*/, 'classes/*');

/** The largest page of each template: it has the most on it. */
function onePerTemplate(dir: string, names: readonly string[]): string[] {
  const size = (name: string) => statSync(join(dir, name)).size;
  return [...Map.groupBy(names, templateOf).values()].map(
    (alike) => alike.toSorted((a, b) => size(b) - size(a))[0]!,
  );
}

/** Below a run's page, pages differ by its model, its backbone and names that no page may let become markup. */
const BELOW_RUNS = /^runs\/(?!(Rader-b-Reifen-1|transfer|failed)\/[^/]+$).+\//;

/** What a visit of a page finds: it is loaded once for all, since to load and draw pages takes most of the time. */
interface Visit {
  readonly name: string;
  readonly problems: readonly string[];
  /** Cumulative layout shift. */
  readonly shift: number;
  /** Tables that do not fit a screen of 1,280 pixels. */
  readonly cut: readonly string[];
  /** Pictures that are not there, or have no words. */
  readonly broken: readonly string[];
  /** By axe, in the light and in the dark. */
  readonly violations: readonly string[];
  /** At the smallest width, without what the script adds. */
  readonly words: string;
}

const WORDS = `document.querySelector('main').innerText.replaceAll(/\\s+/g, ' ')`;

/** Visits pages one after the other in a tab of its own. Of pages that are not in `whole`, axe looks at none. */
async function visit(
  browser: Browser,
  names: readonly string[],
  { address, whole }: { address: (name: string) => string; whole: readonly string[] },
): Promise<Visit[]> {
  const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  let problems: string[] = [];
  tab.on('console', (message) => problems.push(message.text()));
  tab.on('pageerror', (error) => problems.push(error.message));
  tab.on('requestfailed', (request) => problems.push(`failed ${request.url()}`));
  tab.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) problems.push(`asks for ${request.url()}`);
  });
  const visits: Visit[] = [];
  for (const name of names) {
    problems = [];
    await tab.goto(address(name));
    const shift = (await tab.evaluate(`new Promise((done) => {
      let total = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) total += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
      // Past the frame that shows the page, and the observer's own task.
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(total))));
    })`)) as number;
    const cut = (await tab.evaluate(`[...document.querySelectorAll('.scroll')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map((frame) => frame.getAttribute('aria-label'))`)) as string[];
    const violations: string[] = [];
    if (whole.includes(name)) {
      // The themes differ in their colors alone.
      for (const [colorScheme, rules] of [
        ['light', undefined],
        ['dark', ['color-contrast']],
      ] as const) {
        await tab.emulateMedia({ colorScheme });
        violations.push(...(await axeViolations(tab, rules)).map((line) => `${colorScheme}: ${line}`));
      }
    }
    for (const width of widths) {
      await tab.setViewportSize({ width, height: 900 });
      const wide = await tab.evaluate('document.documentElement.scrollWidth');
      if (wide !== width) problems.push(`is ${wide} pixels wide at ${width}`);
    }
    const broken = (await tab.evaluate(`(async () => {
      // What is folded is not decoded.
      const folded = [...document.querySelectorAll('details:not([open])')];
      for (const details of folded) details.open = true;
      const images = [...document.images];
      for (const image of images) image.loading = 'eager';
      await Promise.all(images.map((image) => image.decode().catch(() => {})));
      for (const details of folded) details.open = false;
      return images.filter(({ naturalWidth, alt }) => naturalWidth === 0 || alt === '').map(({ src }) => src);
    })()`)) as string[];
    // What the script adds are controls, and a link that they show. Headings that sort keep their words.
    const words = (await tab.evaluate(`{
      for (const button of document.querySelectorAll('button.sort')) button.replaceWith(button.textContent);
      for (const added of document.querySelectorAll('button, input, .compare-link, .added')) added.remove();
      ${WORDS};
    }`)) as string;
    visits.push({ name, problems, shift, cut, broken, violations, words });
    await tab.setViewportSize({ width: 1280, height: 900 });
    await tab.emulateMedia({ colorScheme: 'light' });
  }
  await tab.close();
  return visits;
}

describeInChromium(() => {
  let site: string;
  let browser: Browser;
  let pages: string[];
  /** Where one page says what all of its kind would. */
  let templates: string[];
  let visits: Visit[];
  const address = (name: string) => pathToFileURL(join(site, name)).href;

  beforeAll(async () => {
    ({ site } = await builtSite());
    const all = pagesIn(site);
    templates = onePerTemplate(site, all);
    pages = all.filter((name) => templates.includes(name) || !BELOW_RUNS.test(name));
    browser = await launchChromium();
    visits = await visit(browser, pages, { address, whole: templates });
  });

  afterAll(() => browser?.close());

  test('every kind of page loads without a problem, asks for files alone, holds still, fits the screen, and its pictures are there', () => {
    expect(visits.map(({ name }) => name)).toEqual(pages);
    for (const { name, problems, shift, cut, broken } of visits) {
      expect(problems, name).toEqual([]);
      // The script's controls come in before the first paint, or cost less than Core Web Vitals call good.
      expect(shift, name).toBeLessThan(0.1);
      expect(cut, name).toEqual([]);
      expect(broken, name).toEqual([]);
    }
  });

  test('axe finds nothing, in either theme', () => {
    for (const { name, violations } of visits) expect(violations, name).toEqual([]);
  });

  test('without a script a page says the same', async () => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: widths.at(-1)!, height: 900 },
    });
    const plain = await context.newPage();
    for (const { name, words } of visits.filter((each) => templates.includes(each.name))) {
      await plain.goto(address(name));
      expect(await plain.evaluate(WORDS), name).toBe(words);
    }
    await context.close();
  });

  test('a long name breaks at its joints, one from right to left keeps its place, and both are copied as they are', async () => {
    const tab = await browser.newPage();
    await tab.setContent(
      typeset(
        '<p style="width: 9em">name_of_a_class_that_is_long</p><p>“חלב” predicted as “عصير”, <b>2</b> of 3</p>',
      ),
    );
    const lines = (await tab.evaluate(`{
      const [first] = document.querySelectorAll('p');
      const tops = [...first.childNodes].filter(({ data }) => data).map((text) => {
        const range = document.createRange();
        range.selectNodeContents(text);
        return range.getClientRects().length;
      });
      tops;
    }`)) as number[];
    // Each part lies in one line.
    expect(lines).toEqual([1, 1, 1, 1, 1, 1, 1].slice(0, lines.length));
    expect(lines.length).toBeGreaterThan(4);
    const [name, count] = (await tab.evaluate(
      `[...document.querySelectorAll('bdi:last-of-type, b')].map((each) => each.getBoundingClientRect().x)`,
    )) as number[];
    expect(count).toBeGreaterThan(name!);
    expect(
      await tab.evaluate(
        `{ getSelection().selectAllChildren(document.body); getSelection().toString().trim().split(/\\s*\\n\\s*/); }`,
      ),
    ).toEqual(['name_of_a_class_that_is_long', '“חלב” predicted as “عصير”, 2 of 3']);
    await tab.close();
  });

  test('no name of a class or a run makes a page wider than a phone', async () => {
    const tab = await browser.newPage({ viewport: { width: widths.at(-1)!, height: 900 } });
    for (const name of templates) {
      await tab.goto(address(name));
      const width = await tab.evaluate(`{
        for (const place of document.querySelectorAll('h1, h2, .neighbors a, .contents a, .crumbs li, .caption b, .numbers th[scope="row"]'))
          place.append('W'.repeat(60));
        document.documentElement.scrollWidth;
      }`);
      expect(width, name).toBe(widths.at(-1));
    }
    await tab.close();
  });

  test('of the two sizes of each chart, the one that fits is shown', async () => {
    const tab = await browser.newPage();
    await tab.goto(address('runs/Rader-b-Reifen-1.html'));
    for (const width of widths) {
      await tab.setViewportSize({ width, height: 900 });
      const shown = await tab.evaluate(
        `[...new Set([...document.querySelectorAll('.chart')].filter((chart) => chart.offsetParent).map(({ className }) => className))]`,
      );
      expect(shown, `at ${width}`).toEqual([width < 620 ? 'chart chart-narrow' : 'chart chart-wide']);
    }
    await tab.close();
  });

  test('a reader gets from the first page to a mistake and back', async () => {
    const tab = await browser.newPage();
    await tab.goto(address('index.html'));
    await tab.getByRole('link', { name: 'hues', exact: true }).first().click();
    expect(await tab.locator('h1').textContent()).toBe('hues');
    await tab.locator('table.runs').getByRole('link', { name: 'hues' }).click();
    await tab.locator('table.confusion td.wrong a').first().click();
    const target = tab.locator('.mistake:target');
    expect(await target.count()).toBe(1);
    expect(await target.locator('img').getAttribute('alt')).toMatch(/^Image labeled .* predicted as /);
    // Its class is unfolded on arrival.
    expect(await target.locator('img').isVisible()).toBe(true);
    await tab
      .getByRole('navigation', { name: 'Breadcrumb' })
      .getByRole('link', { name: 'Training runs' })
      .click();
    expect(await tab.locator('h1').textContent()).toBe('Training runs');
    await tab.close();
  });

  test('the script sorts the runs, and two that are chosen can be compared', async () => {
    const tab = await browser.newPage();
    await tab.goto(address('sets/warm-or-cold.html'));
    const column = async () =>
      (await tab.locator('table.runs tbody tr td:nth-child(2)').allTextContents()).map(Number.parseFloat);
    await tab.locator('button.sort', { hasText: 'accuracy' }).click();
    const falling = await column();
    expect(falling).toEqual(falling.toSorted((a, b) => b - a));
    await tab.locator('button.sort', { hasText: 'accuracy' }).click();
    expect(await column()).toEqual(falling.toReversed());
    expect(await tab.locator('[aria-sort]').getAttribute('aria-sort')).toBe('ascending');
    for (const name of ['collapsed', 'failed'])
      await tab.getByRole('checkbox', { name: `Compare ${name}`, exact: true }).check();
    await tab.getByRole('link', { name: 'Compare the two' }).click();
    expect(await tab.locator('h1').textContent()).toMatch(/ and /);
    await tab.goBack();
    const third = await tab.locator('table.runs tbody tr').first().getAttribute('data-run');
    expect(['collapsed', 'failed']).not.toContain(third);
    for (const name of [third, 'collapsed', 'failed'])
      await tab.locator(`tr[data-run="${name}"] input.choose`).check();
    await tab.getByRole('link', { name: 'Compare the 3' }).click();
    const shown = async () => {
      const rows = await tab.locator('.versus tbody tr:visible').all();
      return (await Promise.all(rows.map((row) => row.getAttribute('data-run')))).toSorted();
    };
    expect(await shown()).toEqual([third, 'collapsed', 'failed'].toSorted());
    // The corner, and a column per run.
    expect(await tab.locator('.versus tbody tr:visible').first().locator('td:visible').count()).toBe(3);
    await tab.getByRole('group', { name: 'Runs shown' }).getByLabel('failed').uncheck();
    expect(await shown()).toEqual([third, 'collapsed'].toSorted());
    expect(await tab.locator('svg [data-run="failed"]:visible').count()).toBe(0);
    await tab.close();
  });

  test('of very many rows the first are shown until all are asked for, whatever they are sorted by', async () => {
    const tab = await browser.newPage();
    await tab.route('**/warm-or-cold.html', async (route) => {
      const page = readFileSync(join(site, 'sets/warm-or-cold.html'), 'utf8');
      const body = page.replace(
        /(<table [^>]*\bruns\b.*?<tbody>)(.*?)(<\/tbody>)/s,
        (_, head, rows, end) => head + rows.repeat(40) + end,
      );
      await route.fulfill({ body, contentType: 'text/html' });
    });
    await tab.goto(address('sets/warm-or-cold.html'));
    const rows = tab.locator('table.runs tbody tr');
    const all = await rows.count();
    expect(all).toBeGreaterThan(100);
    const shown = () => tab.locator('table.runs tbody tr:visible').count();
    expect(await shown()).toBe(30);
    await tab.locator('button.sort', { hasText: 'accuracy' }).click();
    expect(await shown()).toBe(30);
    expect(await rows.first().isVisible()).toBe(true);
    const filter = tab.getByRole('searchbox', { name: 'Filter rows' });
    await filter.fill('collapsed');
    expect(await shown()).toBe(await rows.filter({ hasText: 'collapsed' }).count());
    await filter.fill('');
    expect(await shown()).toBe(30);
    await tab.emulateMedia({ media: 'print' });
    expect(await shown()).toBe(all);
    await tab.emulateMedia({ media: 'screen' });
    await tab.getByRole('button', { name: `Show all ${all}` }).click();
    expect(await shown()).toBe(all);
    await tab.close();
  });

  test('the map shows more images the closer one looks, one class alone, and what is under the pointer', async () => {
    const tab = await browser.newPage({ viewport: { width: 1280, height: 1400 } });
    await tab.goto(address('runs/transfer/map.html'));
    const map = tab.locator('.chart-wide svg.map');
    const thumbnails = map.locator('.thumbnails > g');
    const before = await thumbnails.count();
    const first = await map.getAttribute('viewBox');
    await tab.getByRole('button', { name: 'Zoom in' }).click();
    expect(await map.getAttribute('viewBox')).not.toBe(first);
    await tab.getByRole('button', { name: 'Show the whole map' }).click();
    expect(await map.getAttribute('viewBox')).toBe(first);
    await tab.getByLabel('Mistakes only').check();
    const wrong = await map.locator('circle.wrong').count();
    expect(await thumbnails.count()).toBeLessThanOrEqual(Math.min(before, wrong));
    const dot = map.locator('circle.wrong').first();
    const words = await dot.textContent();
    const box = (await dot.boundingBox())!;
    await tab.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const card = tab.locator('.map-card');
    expect(await card.isVisible()).toBe(true);
    expect(words).toContain(await card.locator('b').textContent());
    const isThere = await tab.evaluate(
      "document.querySelector('.map-card .map-picture').decode?.().then(() => true) ?? true",
    );
    expect(isThere).toBe(true);
    await tab.close();
  });

  test('mistakes are filtered by class and confidence, and places are shown when asked for, without a script too', async () => {
    const tab = await browser.newPage();
    await tab.goto(address('runs/transfer/mistakes.html'));
    const shown = tab.locator('.filtered .mistake:visible');
    const all = await shown.count();
    const label = await shown.first().getAttribute('data-label');
    const own = await tab.locator(`.filtered .mistake[data-label="${label}"]`).count();
    await tab.getByLabel('True class').selectOption(label);
    expect(await shown.count()).toBe(own);
    await tab.getByLabel('True class').selectOption('');
    expect(await shown.count()).toBe(all);
    await tab.getByLabel('Confidence from').fill('1');
    expect(await shown.count()).toBe(0);
    const context = await browser.newContext({ javaScriptEnabled: false });
    const plain = await context.newPage();
    await plain.goto(address('runs/transfer/mistakes.html'));
    expect(await plain.locator('.over:visible').count()).toBe(0);
    await plain.getByLabel('Show where it looked').check();
    const unfolded = await plain.locator('.pair-of-classes[open] .over').count();
    expect(unfolded).toBeGreaterThan(0);
    expect(await plain.locator('.over:visible').count()).toBe(unfolded);
    await context.close();
    await tab.close();
  });

  test('a path is copied by keys, said aloud, with the permission to use the clipboard and without', async () => {
    const context = await browser.newContext();
    const tab = await context.newPage();
    await tab.goto(address('runs/transfer/mistakes.html'));
    const path = tab.locator('#all ~ .groups code.path').first();
    await tab.locator('#all ~ .groups .mistake summary').first().press('Enter');
    const words = (await path.textContent())!.replace(/Copy$/, '');
    const button = tab.getByRole('button', { name: `Copy the path ${words}`, exact: true }).last();
    const pasted = async () => {
      await tab.evaluate(
        `document.body.append(Object.assign(document.createElement('textarea'), { id: 'pasted' }))`,
      );
      await tab.locator('#pasted').press('Control+V');
      const text = await tab.locator('#pasted').inputValue();
      await tab.evaluate(`document.getElementById('pasted').remove()`);
      return text;
    };
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    for (const way of ['clipboard', 'command']) {
      if (way === 'command')
        await tab.evaluate(`navigator.clipboard.writeText('').then(() => {
        Object.defineProperty(navigator, 'clipboard', { value: undefined });
      })`);
      await button.press('Enter');
      await tab.getByRole('status').getByText(`Copied: the path ${words}`).waitFor();
      expect(await button.textContent(), way).toBe('Copied');
      expect(await pasted(), way).toBe(words);
      while ((await button.textContent()) !== 'Copy') await tab.waitForTimeout(50);
    }
    await context.close();
  });

  test('Tab leads to every control in the order of the page, the focus is seen, and nothing holds it', async () => {
    const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    for (const name of [
      'sets/warm-or-cold.html',
      'runs/hues.html',
      'runs/hues/mistakes.html',
      'runs/transfer/map.html',
      pages.find((each) => each.startsWith('compare/'))!,
    ]) {
      await tab.goto(address(name));
      const count = (await tab.evaluate(`{
        const all = document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]');
        const controls = [...all].filter((each) => each.checkVisibility() && !each.disabled);
        globalThis.visited = [];
        addEventListener('focusin', ({ target }) => {
          const { outlineStyle, outlineWidth } = getComputedStyle(target);
          const { left, right, top, bottom } = target.getBoundingClientRect();
          visited.push({
            index: controls.indexOf(target),
            what: target.outerHTML.slice(0, 80),
            isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
            isOnScreen: right > 0 && left < innerWidth && bottom > 0 && top < innerHeight,
          });
        });
        controls.length;
      }`)) as number;
      for (let i = 0; i < count; i++) await tab.keyboard.press('Tab');
      const visited = (await tab.evaluate('visited')) as {
        index: number;
        isSeen: boolean;
        isOnScreen: boolean;
      }[];
      expect(
        visited.filter(({ isSeen, isOnScreen }) => !isSeen || !isOnScreen),
        name,
      ).toEqual([]);
      expect(
        visited.map(({ index }) => index),
        name,
      ).toEqual(Array.from({ length: count }, (_, i) => i));
    }
    await tab.close();
  });

  test('sorting, choosing, filtering, unfolding and the map are worked by keys', async () => {
    const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await tab.goto(address('sets/warm-or-cold.html'));
    await tab.locator('button.sort', { hasText: 'accuracy' }).press('Enter');
    expect(await tab.locator('[aria-sort]').getAttribute('aria-sort')).toBe('descending');
    for (const name of ['collapsed', 'failed'])
      await tab.getByRole('checkbox', { name: `Compare ${name}`, exact: true }).press('Space');
    await tab.getByRole('link', { name: 'Compare the two' }).press('Enter');
    await tab.waitForURL(/compare/);
    await tab.goto(address('runs/transfer/mistakes.html'));
    const shown = tab.locator('.filtered .mistake:visible');
    const all = await shown.count();
    await tab.getByLabel('True class').press('ArrowDown');
    const label = await tab.getByLabel('True class').inputValue();
    expect(label).not.toBe('');
    expect(await shown.count()).toBe(await tab.locator(`.filtered .mistake[data-label="${label}"]`).count());
    await tab.getByLabel('True class').press('ArrowUp');
    expect(await shown.count()).toBe(all);
    await tab.getByLabel('Confidence from').press('End');
    expect(await shown.count()).toBe(0);
    await tab.goto(address('runs/hues.html'));
    await tab.locator('summary').first().press('Enter');
    expect(await tab.locator('details').first().getAttribute('open')).not.toBeNull();
    await tab.goto(address('runs/transfer/map.html'));
    const map = tab.locator('.chart-wide svg.map');
    await tab.getByRole('button', { name: 'Zoom in' }).press('Enter');
    const before = await map.getAttribute('viewBox');
    await map.press('ArrowLeft');
    expect(await map.getAttribute('viewBox')).not.toBe(before);
    await tab.close();
  });
});
