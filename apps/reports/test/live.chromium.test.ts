// `sightline train --watch` as a reader has it: the page that is open grows with the training, and is the finished one at
// its end.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeInChromium, launchChromium } from '@sightline/chromium/testing';
import { writePhotographs } from '@sightline/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildSite, serveSite } from '../src/index.ts';

const MAIN = fileURLToPath(new URL('../../../packages/sightline/src/main.ts', import.meta.url));

const CONFIG = `export default { experiments: { slow: {
  network: 'baseline', epochs: 12, batchSize: 16, optimizer: { name: 'adam', learningRate: 0.001 },
} } };`;

describeInChromium(() => {
  let root: string;
  let browser: Browser;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'sightline-live-test-'));
    // So many images that an epoch takes a while.
    writePhotographs(join(root, 'photos'), {
      classes: ['cold', 'warm'],
      counts: { train: 240, validation: 30 },
    });
    writePhotographs(join(root, 'few'), { classes: ['cold', 'warm'], counts: { train: 20, validation: 10 } });
    writeFileSync(join(root, 'slow.config.mjs'), CONFIG);
    browser = await launchChromium();
  });

  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    await browser?.close();
    rmSync(root, { recursive: true, force: true });
  });

  /** Starts a training, and gives the address of its report once it is served. */
  async function watch(...args: string[]) {
    const child = spawn(
      process.execPath,
      ['--conditions=@sightline/source', MAIN, 'train', ...args, '--watch', '--out', join(root, 'runs')],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        // A container may have no folder for temporary files that can be written to.
        env: { ...process.env, NO_COLOR: '1', TMPDIR: join(root, 'none') },
      },
    );
    started.push(child);
    let said = '';
    const until = (pattern: RegExp) =>
      new Promise<RegExpExecArray>((found, failed) => {
        const look = () => {
          const match = pattern.exec(said);
          if (match) found(match);
        };
        child.stderr.on('data', look);
        child.on('close', (code) => failed(new Error(`The training ended with ${code}:\n${said}`)));
        look();
      });
    child.stderr.on('data', (text) => {
      said += text;
    });
    const [, url] = await until(/The report grows with every epoch: (\S+)/);
    const closed = new Promise<number | null>((ended) => child.on('close', ended));
    return { child, url: url!, until, closed };
  }

  /** All that the status line says while the page is open. */
  async function recordStatus(page: Page): Promise<void> {
    await page.addInitScript(`
      globalThis.said = JSON.parse(sessionStorage.said ?? '[]');
      new MutationObserver(() => {
        const words = document.querySelector('.live-status')?.textContent;
        const rows = document.querySelectorAll('section[aria-labelledby=curves] tbody tr').length;
        if (words) said.push({ words, rows });
        sessionStorage.said = JSON.stringify(said);
      }).observe(document, { subtree: true, childList: true, characterData: true });
    `);
  }

  test('the page gets each epoch while it is open, keeps what the reader did, and ends as the finished page', async () => {
    // A port that is taken: the next one is used.
    mkdirSync(join(root, 'other'));
    writeFileSync(join(root, 'other', 'index.html'), '');
    const other = await serveSite({ dir: join(root, 'other'), port: 0 });
    const port = Number(new URL(other.url).port);
    const { child, url, until, closed } = await watch(
      'slow.config.mjs',
      '--data',
      'photos',
      '--port',
      `${port}`,
    );
    expect(Number(new URL(url).port)).toBeGreaterThan(port);
    await other.close();

    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => problems.push(`${message.text()} ${message.location().url}`));
    page.on('request', (asked) => {
      if (!asked.url().startsWith(url)) problems.push(`asks for ${asked.url()}`);
    });
    await recordStatus(page);
    await page.goto(url);
    await page.waitForURL(/\/runs\/slow\.html$/);
    await page.locator('summary', { hasText: 'epochs as numbers' }).click();
    await until(/The report is complete/);
    await page.locator('section[aria-labelledby=confusion]').waitFor();

    const said = (await page.evaluate('said')) as { words: string; rows: number }[];
    expect(said.some(({ words }) => /^slow: epoch \d+ of 12, \d+ of 480 images, loss /.test(words))).toBe(
      true,
    );
    const rows = said.map((each) => each.rows);
    expect(rows).toEqual(rows.toSorted((a, b) => a - b));
    expect(new Set(rows).size, 'states of the page').toBeGreaterThan(2);
    expect(await page.locator('section[aria-labelledby=curves] details').getAttribute('open')).not.toBeNull();
    expect(problems).toEqual([]);

    // What is open is what `report` builds of the same runs.
    const site = join(root, 'site');
    await buildSite({ runs: join(root, 'runs'), out: site });
    const built = await serveSite({ dir: site, port: 0 });
    const fresh = await browser.newPage();
    await fresh.goto(`${built.url}runs/slow.html`);
    const contentOf = (tab: Page) =>
      tab.evaluate(`{
        const main = document.querySelector('main');
        for (const details of main.querySelectorAll('details')) details.open = false;
        [...main.children].map(({ outerHTML }) => outerHTML);
      }`) as Promise<string[]>;
    const [grown, made] = [await contentOf(page), await contentOf(fresh)];
    expect(made.join('')).toContain('Confusion matrix');
    expect(grown.map((part, i) => part === made[i])).toEqual(made.map(() => true));
    expect(await page.title()).toBe(await fresh.title());
    await page.getByRole('link', { name: 'Mistakes', exact: true }).click();
    expect(await page.locator('h1').textContent()).toMatch(/mistakes/i);
    await built.close();

    child.kill('SIGINT');
    expect(await closed).toBe(130);
    await expect(fetch(url)).rejects.toThrow();
    // Its server needed files beside the run folders. It ends a moment after the training.
    await vi.waitFor(() => expect(readdirSync(join(root, 'runs'))).toEqual(['slow']), { timeout: 60_000 });
  });

  test('the default recipe says its phases, and its server answers to this machine alone', async () => {
    const { child, url, until, closed } = await watch('few', '--port', '0');
    const asked = await new Promise<number>((answered) => {
      request(
        { port: new URL(url).port, path: '/live-events', headers: { host: 'example.com' } },
        (response) => {
          response.resume();
          answered(response.statusCode!);
        },
      ).end();
    });
    expect(asked).toBe(421);
    const page = await browser.newPage();
    await recordStatus(page);
    await page.goto(url);
    await until(/The report is complete/);
    await page.locator('section[aria-labelledby=head]').waitFor();
    const said = ((await page.evaluate('said')) as { words: string }[]).map(({ words }) => words);
    // Which of them a message falls into is a matter of time.
    expect(said.join('\n')).toMatch(/reading the images|features: \d+ of 60 images|training on 40 images/);
    child.kill('SIGINT');
    expect(await closed).toBe(130);
  });
});
