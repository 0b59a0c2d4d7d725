// From real runs to the site: what training wrote is what the pages say.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { printable, visible } from '@sightline/core';
import { type LoadedRun, readRun } from '@sightline/runs';
import { withFault } from '@sightline/testing/faults';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildSingle, buildSite } from '../src/index.ts';
import { marker } from '../src/place.ts';
import { systemError } from '../src/render.ts';
import { copyOfRuns, filesIn, HOSTILE, pagesIn, textOf } from './site.ts';

let folders: Awaited<ReturnType<typeof copyOfRuns>>;
let site: string;
const run = (name: string): LoadedRun => readRun(join(folders.runs, name));
const html = (name: string) => readFileSync(join(site, name), 'utf8');
const text = (name: string) => textOf(join(site, name));

beforeAll(async () => {
  folders = await copyOfRuns();
  site = join(folders.root, 'site');
  mkdirSync(join(folders.runs, 'broken'));
  writeFileSync(join(folders.runs, 'broken', 'run.json'), '{');
  const file = join(folders.checks, 'warm or cold', 'check.json');
  const check = JSON.parse(readFileSync(file, 'utf8'));
  const duplicate = {
    kind: 'duplicate',
    severity: 'warning',
    title: 'the same image twice',
    message: '2 identical copies: "a.png", "b.png".',
    paths: ['a.png', 'b.png'],
  };
  writeFileSync(file, JSON.stringify({ ...check, findings: [duplicate] }));
  const built = await buildSite({ ...folders, out: site });
  expect(built.index).toBe(join(site, 'index.html'));
  expect(built.pages).toBe(pagesIn(site).length);
  expect(built.broken.map(({ name }) => name)).toEqual(['broken']);
});

afterAll(() => rmSync(folders.root, { recursive: true, force: true }));

test('each data set has an overview of its own runs, and no accuracy is compared across them', () => {
  const first = text('index.html');
  expect(first).toContain('8 runs on 2 data sets.');
  expect(first).toContain('“broken” is left out because it cannot be read: broken/run.json is not');
  const binary = text('sets/warm-or-cold.html');
  for (const name of ['collapsed', 'failed', 'interrupted']) expect(binary).toContain(name);
  expect(binary).not.toContain('runs/hues');
  expect(html('sets/warm-or-cold.html')).not.toContain('runs/hues');
  const hues = text('sets/hues.html');
  expect(hues).toContain('80 training and 60 validation images in 5 classes');
});

test('the verdict is what the predictions say', () => {
  const { run: hues, predictions } = run('hues');
  const rows = predictions();
  const correct = rows.filter(({ label, predicted }) => label === predicted).length;
  expect(hues.metrics!.validation.accuracy).toBeCloseTo(correct / rows.length, 6);
  const words = text('runs/hues.html');
  expect(words).toContain(`Correct on ${correct} of ${rows.length} validation images`);
  expect(words).toContain('always predicting the most frequent class would give 0.200');
  expect(text('runs/hues/mistakes.html')).toContain(
    `${rows.length - correct} of ${rows.length} validation images are predicted wrong.`,
  );
});

test('a collapsed run says what it predicts, and for how many images', () => {
  const { class: name } = run('collapsed').run.metrics!.collapsed!;
  const words = text('runs/collapsed.html');
  expect(words).toContain(
    `it predicts “${name}” for all 60 validation images. Only 30 of them are “${name}”.`,
  );
  expect(words).toMatch(/Try another seed, or a lower learning rate/);
});

test('a failed run gives its reason and its command, an interrupted one how to resume it', () => {
  expect(text('runs/failed.html')).toMatch(
    /failed after 12 of 12 epochs: Could not write model\.onnx: it is a folder/,
  );
  expect(text('runs/interrupted.html')).toMatch(/interrupted after \d+ of 500 epochs/);
  const command = /Resume it: ([^·]*--resume) /.exec(text('runs/interrupted.html'))?.[1];
  expect(command).toContain('--experiment interrupted');
});

test('a run of the default recipe has its head, its learning curve and its doubtful labels', () => {
  const { run: transfer, suspects } = run('transfer');
  const words = text('runs/transfer.html');
  expect(words).toContain(transfer.head!.curve.conclusion);
  expect(words).toContain('Penalties that were tried');
  expect(words).not.toContain('Training curves');
  const doubtful = suspects().filter(({ confident }) => confident);
  const page = html('runs/transfer/mistakes.html');
  expect(page.includes('id="suspects"')).toBe(suspects().length > 0);
  for (const { path } of doubtful)
    expect(page.replaceAll('<wbr>', '')).toContain(
      `<code class="path">${visible(path).replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</code>`,
    );
  if (suspects().length === 0) return;
  const rows = readFileSync(join(site, 'assets', 'transfer', 'suspects.csv'), 'utf8')
    .trimEnd()
    .split('\r\n');
  expect(rows).toHaveLength(suspects().length + 1);
});

test('every mistake is on the page of mistakes once, with its path and its picture', () => {
  for (const name of ['hues', 'plain', 'transfer']) {
    const mistakes = run(name)
      .predictions()
      .filter(({ label, predicted }) => label !== predicted);
    const page = html(`runs/${name}/mistakes.html`);
    const all = page.slice(page.indexOf('id="all"'));
    expect(
      [...all.matchAll(/<code class="path">(.*?)<\/code>/g)]
        .map((match) => match[1]!.replaceAll('<wbr>', '').replaceAll('&lt;', '<').replaceAll('&gt;', '>'))
        .sort(),
    ).toEqual(mistakes.map(({ path }) => visible(path)).sort());
    expect(all).not.toContain('no picture kept');
    expect(
      readFileSync(join(site, 'assets', name, 'mistakes.csv'), 'utf8')
        .trimEnd()
        .split('\r\n'),
    ).toHaveLength(mistakes.length + 1);
  }
});

test('a mistake shows which places spoke for it, a map shows all images, and a backbone has its page', () => {
  for (const name of ['transfer', 'hues', 'plain']) {
    const { predictions } = run(name);
    const wrong = predictions().filter(({ label, predicted }) => label !== predicted);
    const page = html(`runs/${name}/mistakes.html`);
    // Each mistake is in its class, the most confident also in a list of their own.
    const places = page.match(/class="places/g) ?? [];
    expect(places.length, name).toBe(wrong.length + Math.min(wrong.length, 16) + unsureAndWrong(page));
    expect(page.includes('show-places')).toBe(wrong.length > 0);
    const map = html(`runs/${name}/map.html`);
    const [wide] = map.slice(map.indexOf('<body')).split('chart-narrow');
    expect(wide!.match(/<circle /g)).toHaveLength(predictions().length);
    expect(wide!.match(/<circle [^>]*class="wrong"/g) ?? []).toHaveLength(wrong.length);
    expect(wide).toMatch(/<image id="map-1080" href="\.\.\/\.\.\/assets\/images\/\w+\.jpg"/);
  }
  expect(existsSync(join(site, 'runs/hues/backbone.html'))).toBe(false);
  const words = text('runs/transfer/backbone.html');
  expect(words).toContain('4,631,000 parameters');
  expect(words).toContain('16 of 1,280 channels, 7 × 7 places each');
  // The photographs have 64 pixels: their guesses are folded.
  expect(words).toContain('images are 64 pixels wide');
});

/** Mistakes among those that the network was least sure of. */
const unsureAndWrong = (page: string): number =>
  page
    .split('id="unsure"')[1]!
    .split('id="all"')[0]!
    .match(/class="places/g)?.length ?? 0;

test('a cell of the confusion matrix has its count, and leads to its images', () => {
  const rows = run('hues').predictions();
  const { classes } = run('hues').run.data;
  const page = html('runs/hues.html');
  const mistakes = html('runs/hues/mistakes.html');
  const cells = [...page.matchAll(/href="hues\/mistakes\.html#(p(\d+)-(\d+))"[^>]*>(\d+)</g)];
  expect(cells.length).toBeGreaterThan(0);
  for (const [, id, label, predicted, count] of cells) {
    const own = rows.filter(
      (row) => row.label === classes[Number(label)] && row.predicted === classes[Number(predicted)],
    );
    expect(Number(count), id).toBe(own.length);
    expect(mistakes, id).toContain(`id="${id}"`);
  }
});

test('seeds of one experiment share a row, and two runs on the same images are compared', () => {
  const overview = html('sets/warm-or-cold.html');
  // `plain`, its other seed and its copy; the copy has the seed of the first.
  expect(overview.match(/<span class="seeds">\s*seeds/g)).toHaveLength(1);
  const pair = text('compare/plain--plain-seed2.html');
  expect(pair).toMatch(/seed (1 2|2 1)/);
  expect(pair).toMatch(/McNemar's exact test|exactly the same images/);
});

test('a run page offers the files of its model with their sizes, and the model card', () => {
  const words = text('runs/plain/use.html');
  expect(words).toContain('runs/plain/model.onnx');
  expect(words).toContain('npm run sightline -- predict runs/plain photo.jpg');
  expect(words).toContain('Model card');
  const { size } = statSync(join(folders.runs, 'plain', 'model.onnx'));
  expect(words).toContain(`${Math.round(size / 1000)} kB`);
});

test('of several data sets each shows what its best run got wrong, and its runs', () => {
  const own = html('index.html').split('id="hues"')[1]!.split('<section')[0]!;
  const wrong = run('hues')
    .predictions()
    .filter(({ label, predicted }) => label !== predicted);
  expect(own.match(/<li class="mistake/g)).toHaveLength(Math.min(wrong.length, 8));
  expect(own).toContain('href="runs/hues/mistakes.html"');
  expect(own).toContain('href="runs/hues.html"');
});

test('a data check stands with its data set', () => {
  expect(html('sets/hues.html')).toContain('data/hues.html');
  expect(text('sets/hues/data.html')).toContain('16 training images each');
  expect(text('data/hues.html')).toContain('140 images in 5 classes');
  expect(html('data/hues.html')).not.toContain('id="fix"');
});

test('what a data check found comes before what is as it should be, with what to do about it', () => {
  const page = html('data/warm-or-cold.html');
  const parts = [...page.matchAll(/<h2 id="([\w-]+)"/g)].map(([, id]) => id);
  expect(parts).toEqual(['duplicate', 'fix', 'classes', 'made']);
  expect(text('data/warm-or-cold.html')).toMatch(/check \S+.* --fix /);
});

test('every link and picture leads to a file of the site, by a relative address', () => {
  for (const name of pagesIn(site)) {
    const page = html(name);
    const addresses = [...page.matchAll(/\s(?:href|src)="([^"]*)"/g)].map((match) => match[1]!);
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses.filter((each) => !each.startsWith('data:'))) {
      expect(address, name).not.toMatch(/^(\/|[a-z]+:)/);
      const [path, fragment] = address.split('#');
      const target = path === '' ? name : join(dirname(name), path!);
      expect(existsSync(join(site, target)), `${name}: ${address}`).toBe(true);
      if (fragment) expect(html(target), `${name}: ${address}`).toContain(`id="${fragment}"`);
    }
    // A policy in the page itself lets it reach no other host.
    expect(page).toMatch(/<meta http-equiv="Content-Security-Policy" content="default-src 'none';[^"]*">/);
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//);
  }
});

test('no file names a folder of this machine', () => {
  for (const name of filesIn(site)) {
    const bytes = readFileSync(join(site, name));
    for (const folder of [folders.origin, folders.root, process.cwd()])
      expect(bytes.includes(folder), `${name}: ${folder}`).toBe(false);
  }
});

test('a run page without its images is under 300 kB', () => {
  for (const name of pagesIn(site)) expect(statSync(join(site, name)).size, name).toBeLessThan(300_000);
});

test('names of runs and classes are text, not markup', () => {
  const overview = html('sets/warm-or-cold.html');
  expect(overview.replace(/="[^"]*"/g, '')).not.toContain('<b>“Reifen”');
  expect(text('sets/warm-or-cold.html')).toContain(visible(HOSTILE));
  expect(overview).toContain('href="../runs/Rader-b-Reifen-1.html"');
  expect(html('runs/hues.html').replace(/="[^"]*"/g, '')).not.toMatch(/yellow <b>/);
  expect(text('runs/hues.html')).toContain('yellow <b>');
});

test('no page turns the direction of text around or holds a control character: it shows them', () => {
  for (const name of pagesIn(site)) expect(printable(html(name)), name).toBe(html(name));
  expect(text('runs/hues.html')).toContain('yellow <b>\\u202egpj\\n\\x1b[31m');
  expect(text('data/hues.html')).toContain('yellow <b>\\u202egpj\\n\\x1b[31m');
  expect(text('sets/warm-or-cold.html')).toContain('#1\\u2067\\t\\x85');
});

test('the same runs give the same bytes, wherever and however often they are built', async () => {
  // No folder for temporary files, a stranger's configuration above, and the build of another report beside it.
  const project = join(folders.root, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'postcss.config.cjs'), 'throw new Error("not ours");');
  writeFileSync(join(project, 'vite.config.mjs'), 'throw new Error("not ours");');
  const touched = () => statSync('.astro', { throwIfNoEntry: false })?.mtimeMs;
  const before = touched();
  vi.stubEnv('TMPDIR', join(folders.root, 'nowhere'));
  const [again, beside] = [join(project, 'again'), join(project, 'beside')];
  await Promise.all([
    buildSite({ ...folders, out: again }),
    buildSite({ runs: join(folders.root, 'no runs'), checks: folders.checks, out: beside }),
  ]);
  vi.unstubAllEnvs();
  expect(readdirSync(project).sort()).toEqual(['again', 'beside', 'postcss.config.cjs', 'vite.config.mjs']);
  expect(touched()).toBe(before);
  expect(filesIn(again)).toEqual(filesIn(site));
  for (const file of filesIn(again))
    expect(readFileSync(join(again, file)).equals(readFileSync(join(site, file))), file).toBe(true);
  expect(pagesIn(beside)).toEqual(['data/hues.html', 'data/warm-or-cold.html', 'index.html']);
  expect(textOf(join(beside, 'index.html'))).toContain('2 data sets, checked before training.');
});

test('runs of an older Sightline and damaged files cost what they held, and are named', async () => {
  const root = join(folders.root, 'damaged');
  const runs = join(root, 'runs');
  cpSync(join(folders.runs, 'plain'), join(runs, 'plain'), { recursive: true });
  cpSync(join(folders.runs, 'plain'), join(runs, 'older'), { recursive: true });
  const artifacts = join(runs, 'plain', 'artifacts');
  writeFileSync(join(artifacts, 'kernels.npy'), 'not numpy');
  const png = readFileSync(join(artifacts, 'augmented.png'));
  writeFileSync(join(artifacts, 'augmented.png'), png.subarray(0, 400));
  writeFileSync(join(artifacts, 'thumbnails.jsonl'), '{"path": 1}\n');
  writeFileSync(join(runs, 'plain', 'predictions.jsonl'), '{"path": ');
  rmSync(join(runs, 'older', 'artifacts'), { recursive: true });
  const file = join(runs, 'older', 'run.json');
  const older = JSON.parse(readFileSync(file, 'utf8'));
  delete older.metrics.splits;
  writeFileSync(file, JSON.stringify(older));
  const out = join(root, 'site');
  await buildSite({ runs, out });
  const words = textOf(join(out, 'runs', 'plain.html'));
  expect(words).toContain('kernels.npy is left out');
  expect(words).toContain('augmented.png is left out: The picture augmented.png is not a whole PNG file.');
  expect(words).toContain('predictions.jsonl is left out');
  expect(words).toContain('Training curves');
  const old = textOf(join(out, 'runs', 'older.html'));
  expect(old).toContain('Confusion matrix');
  expect(old).not.toContain('Per class');
  expect(textOf(join(out, 'runs', 'older', 'mistakes.html'))).toContain('no picture kept');
});

test('a build that fails leaves the earlier site, and nothing beside it', async () => {
  const before = filesIn(folders.root);
  const empty = join(folders.root, 'empty');
  mkdirSync(empty);
  const checks = join(folders.root, 'none');
  await expect(buildSite({ runs: empty, checks, out: site })).rejects.toThrow(
    /needs at least one run, and .*empty holds none/,
  );
  await expect(buildSite({ runs: join(folders.root, 'nowhere'), checks, out: site })).rejects.toThrow(
    /There is no folder of runs .*nowhere/,
  );
  expect(filesIn(folders.root)).toEqual(before);
  expect(readdirSync(folders.root).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('what a killed build left beside the site is removed by the next', async () => {
  // No process has this number: Linux and macOS count to 4,194,304 at most.
  const abandoned = join(folders.root, '.alone.4999999.1');
  const other = join(folders.root, '.alone.of-mine');
  const out = join(folders.root, 'alone');
  for (const folder of [abandoned, other, out]) mkdirSync(folder);
  const built = await buildSite({ runs: join(folders.root, 'no runs'), checks: folders.checks, out });
  expect([existsSync(abandoned), existsSync(other)]).toEqual([false, true]);
  // A site of data checks alone.
  expect(built.pages).toBe(3);
  expect(textOf(join(out, 'index.html'))).toContain('2 data sets, checked before training.');
});

test('a site that a killed build had moved away comes back, and is replaced by the next build alone', async () => {
  const out = join(folders.root, 'back');
  const building = join(folders.root, '.back.4999999.1');
  mkdirSync(join(building, 'earlier'), { recursive: true });
  writeFileSync(join(building, 'earlier', marker), '{}');
  const signal = AbortSignal.abort();
  await expect(buildSite({ ...folders, out, signal })).rejects.toThrow(/abort/);
  expect(filesIn(out)).toEqual([marker]);
  expect(readdirSync(folders.root).filter((name) => name.startsWith('.back'))).toEqual([]);
});

test('a build that is stopped leaves the earlier report, and nothing beside it', async () => {
  const before = readFileSync(join(site, 'index.html'), 'utf8');
  const single = join(folders.root, 'stopped.html');
  for (const stop of [
    (signal: AbortSignal) => buildSite({ ...folders, out: site, signal }),
    (signal: AbortSignal) => buildSingle({ runs: folders.runs, checks: folders.checks, out: single, signal }),
  ]) {
    const controller = new AbortController();
    const stopped = stop(controller.signal);
    // While Astro compiles, or renders.
    setTimeout(() => controller.abort(), 500);
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  }
  expect(html('index.html')).toBe(before);
  expect(existsSync(single)).toBe(false);
  expect(readdirSync(folders.root).filter((name) => /^\.(site|stopped)/.test(name))).toEqual([]);
});

test('runs that are all broken are an error that says why', async () => {
  const runs = join(folders.root, 'all-broken');
  mkdirSync(join(runs, 'one'), { recursive: true });
  writeFileSync(join(runs, 'one', 'run.json'), '[]');
  const out = join(folders.root, 'never');
  await expect(buildSite({ runs, checks: join(folders.root, 'none'), out })).rejects.toThrow(
    /none that can be read\. .*run\.json/,
  );
  expect(existsSync(out)).toBe(false);
});

test('a place that cannot be written to is named', async () => {
  const file = join(folders.root, 'a-file');
  writeFileSync(file, '');
  await expect(buildSite({ ...folders, out: join(file, 'site') })).rejects.toMatchObject({
    code: 'not-writable',
    message: expect.stringMatching(/Could not write .*a-file.site: .+\. Choose another folder\.$/),
  });
});

test('a disk that refuses to be written to is named, and the earlier site stays', async () => {
  const root = join(folders.root, 'refusing');
  const out = join(root, 'site');
  const build = () => buildSite({ runs: join(folders.root, 'no runs'), checks: folders.checks, out });
  const { calls } = await withFault(root, 'EIO', Number.POSITIVE_INFINITY, build);
  const before = filesIn(root);
  expect(calls).toBeGreaterThan(20);
  for (const [fault, part] of [
    ['ENOSPC', 0.3],
    ['EROFS', 0.5],
    ['EIO', 0.7],
    ['EACCES', 0.9],
  ] as const) {
    const { error } = await withFault(root, fault, Math.ceil(part * calls), build);
    if (error !== undefined)
      expect(error, `${fault}`).toMatchObject({
        code: 'not-writable',
        message: expect.stringContaining('Could not write'),
      });
    expect(filesIn(root)).toEqual(before);
  }
});

test('a folder with other files is never replaced', async () => {
  const precious = join(folders.root, 'precious');
  mkdirSync(precious);
  writeFileSync(join(precious, 'thesis.txt'), 'all of it');
  await expect(buildSite({ ...folders, out: precious })).rejects.toThrow('holds other files');
  expect(readFileSync(join(precious, 'thesis.txt'), 'utf8')).toBe('all of it');
});

test.each([
  ['ENOSPC', 'No space left on device'],
  ['EDQUOT', 'Disk quota exceeded'],
  ['EROFS', 'Read-only file system'],
  ['EIO', 'Input/output error'],
] as const)("Rolldown's panic for %s is the system's error", (code, words) => {
  const panic = new Error(
    `Rolldown panicked. This is a bug in Rolldown, not your code.\n\nFailed to write file in /a (b)/entry.mjs\n\nCaused by:\n    ${words} (os error ${constants.errno[code]})\n\nStack backtrace:\n   0: <unknown>`,
  );
  expect(systemError(panic)).toMatchObject({ code, message: words, cause: panic });
  const other = new Error('Rolldown panicked. This is a bug in Rolldown, not your code.');
  expect(systemError(other)).toBe(other);
});
