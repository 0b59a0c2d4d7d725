// The site as files: what is in it, that equal runs give equal bytes, and that nothing is lost when a build fails.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Check, writeCheck } from '@sightline/runs';
import { encodePng, imageSheet } from '@sightline/viz';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildSite } from '../src/index.ts';
import { writeFixtureRuns } from './fixture-runs.ts';

let root: string;
let folders: { runs: string; features: string };
const site = () => join(root, 'site');
const page = (name: string) => readFileSync(join(site(), name), 'utf8');

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sightline-reports-'));
  folders = writeFixtureRuns(root);
  const built = await buildSite({ ...folders, out: site() });
  expect(built).toMatchObject({ index: join(site(), 'index.html'), pages: 7 });
  expect(built.broken.map(({ name }) => name)).toEqual(['broken']);
  // A build on a machine that does other work as well.
}, 60_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();
}

const entities: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};

/** The page's text as a reader has it. */
function text(html: string): string {
  return html
    .replace(/<style.*?<\/style>/gs, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&(lt|gt|quot|#39|amp);/g, (entity) => entities[entity]!)
    .replace(/\s+/g, ' ');
}

test('the overview names each run, its accuracy and how it ended', () => {
  const overview = text(page('index.html'));
  expect(overview).toContain('The best, vgg16-backend, gets');
  expect(overview).toContain('collapsed: it always says car');
  expect(overview).toContain('Try another seed (--seed 2) or a learning rate of 0.001.');
  expect(overview).toContain('interrupted after 3 of 15 epochs');
  expect(overview).toContain('broken is left out, since it cannot be read: broken/run.json is not JSON');
  expect(overview).toContain('VGG16 has 138,357,544 parameters with its top');
  expect(overview).toContain('train 1,600 images in 5.5 s on cpu');
});

test("a run's page has its curves, kernels, layers, mistakes, configuration and command", () => {
  const baseline = page('runs/baseline.html');
  expect(baseline).toContain('aria-label="Loss by epoch of baseline"');
  expect(baseline).toContain('../assets/baseline/kernels-positive.png');
  expect(text(baseline)).toContain('32 kernels of 5×5×3');
  expect(text(baseline)).toContain('car, taken for other probability 0.960');
  expect(text(baseline)).toContain('car as it is augmented rotated right 19.6°, flipped');
  expect(text(baseline)).toContain('optimizer adam, learning rate 0.01');
  expect(text(baseline)).toContain("sightline train sightline.config.ts --experiment 'baseline' --seed 1");
  expect(text(baseline)).toContain('AMD EPYC 7763 64-Core Processor');
  const vgg16 = page('runs/vgg16-backend.html');
  expect(vgg16).toContain('baseline is dashed beside it');
  expect(text(vgg16)).toContain('The network “dense-backend” on VGG16 features of images of 64 × 64 pixels');
  expect(text(vgg16)).toContain('all parameters 138,357,544');
  expect(text(vgg16)).toContain('sports car 0.613');
  expect(text(vgg16)).toContain('64 kernels of 3×3×3');
});

test('an interrupted run says how to go on', () => {
  expect(text(page('runs/augmentation-long.html'))).toContain(
    "--experiment 'augmentation-long' --seed 1 --resume",
  );
});

test('every link and picture leads to a file of the site, by a relative address', () => {
  for (const name of filesIn(site()).filter((file) => file.endsWith('.html'))) {
    const html = page(name);
    const addresses = [...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map((match) => match[1]!);
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses.filter((a) => !a.startsWith('data:'))) {
      expect(address).not.toMatch(/^(\/|[a-z]+:)/);
      const [path, fragment] = address.split('#');
      const target = path === '' ? name : join(dirname(name), path!);
      expect(existsSync(join(site(), target)), `${name}: ${address}`).toBe(true);
      if (fragment && target.endsWith('.html')) {
        if (fragment !== 'content' || path === '')
          expect(page(target), `${name}: ${address}`).toContain(`id="${fragment}"`);
      }
    }
    expect(html).not.toContain('<script');
    expect(html.match(/https?:\/\/(?!www\.w3\.org\/)/)).toBeNull();
  }
});

test('names of runs are text, not markup', () => {
  const html = page('index.html');
  const withoutAttributes = html.replace(/="[^"]*"/g, '');
  expect(withoutAttributes.includes('<b>“Reifen”')).toBe(false);
  expect(text(html).includes('Räder & <b>“Reifen” #1')).toBe(true);
  expect(html.includes('href="runs/Rader-b-Reifen-1.html"')).toBe(true);
});

test('the same runs give the same bytes', async () => {
  const again = join(root, 'again');
  await buildSite({ ...folders, out: again });
  expect(filesIn(again)).toEqual(filesIn(site()));
  for (const file of filesIn(again)) {
    expect(readFileSync(join(again, file)).equals(readFileSync(join(site(), file))), file).toBe(true);
  }
});

test('a build that fails leaves the earlier site, and nothing beside it', async () => {
  const before = filesIn(root);
  const empty = join(root, 'empty');
  mkdirSync(empty);
  await expect(buildSite({ runs: empty, out: site() })).rejects.toThrow(
    /needs at least one run, and .*empty holds none/,
  );
  await expect(buildSite({ runs: join(root, 'nowhere'), out: site() })).rejects.toThrow(
    /There is no folder of runs .*nowhere/,
  );
  expect(filesIn(root)).toEqual(before);
  expect(readdirSync(root).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('what a killed build left beside the site is removed by the next', async () => {
  // No process has this number: Linux and macOS count to 4,194,304 at most.
  const abandoned = join(root, '.site.4999999.1');
  const other = join(root, '.site.of-mine');
  mkdirSync(abandoned);
  mkdirSync(other);
  await buildSite({ ...folders, out: site() });
  expect([existsSync(abandoned), existsSync(other)]).toEqual([false, true]);
});

test('runs that are all broken are an error that says why', async () => {
  const runs = join(root, 'all-broken');
  mkdirSync(join(runs, 'one'), { recursive: true });
  writeFileSync(join(runs, 'one', 'run.json'), '[]');
  await expect(buildSite({ runs, out: join(root, 'never') })).rejects.toThrow(
    /none that can be read\. .*run\.json/,
  );
  expect(existsSync(join(root, 'never'))).toBe(false);
});

test('a place that cannot be written to is named', async () => {
  const file = join(root, 'a-file');
  writeFileSync(file, '');
  await expect(buildSite({ ...folders, out: join(file, 'site') })).rejects.toMatchObject({
    code: 'not-writable',
    message: expect.stringMatching(/a-file.site \(\w+\): choose a folder that can be written to\.$/),
  });
});

test('a folder with other files is never replaced', async () => {
  const precious = join(root, 'precious');
  mkdirSync(precious);
  writeFileSync(join(precious, 'thesis.txt'), 'all of it');
  await expect(buildSite({ ...folders, out: precious })).rejects.toThrow('holds other files');
  expect(readFileSync(join(precious, 'thesis.txt'), 'utf8')).toBe('all of it');
});

test('a damaged artifact is left out and named on the page of its run', async () => {
  const runs = join(root, 'damaged');
  const parts = writeFixtureRuns(runs);
  const artifacts = join(parts.runs, 'baseline', 'artifacts');
  writeFileSync(join(artifacts, 'kernels.npy'), 'not numpy');
  writeFileSync(
    join(artifacts, 'samples.png'),
    readFileSync(join(artifacts, 'samples.png')).subarray(0, 400),
  );
  rmSync(join(artifacts, 'mistakes.png'));
  writeFileSync(join(parts.runs, 'baseline', 'predictions.jsonl'), '{"path": ');
  const out = join(runs, 'site');
  await buildSite({ ...parts, out });
  const words = text(readFileSync(join(out, 'runs', 'baseline.html'), 'utf8'));
  expect(words).toContain('kernels.npy is left out');
  expect(words).toContain('samples.json is left out: its picture samples.png is no whole PNG file.');
  expect(words).toContain('mistakes.json is left out: its picture mistakes.png is missing.');
  expect(words).toContain('The predictions are left out');
  expect(words).toContain('Augmented');
});

test('a run page shows the figures of run.json with their intervals, on both splits', () => {
  const html = page('runs/baseline.html');
  const words = text(html);
  expect(words).toContain('On 576 validation images: accuracy 0.760 (0.724–0.793). Small: 95% intervals.');
  expect(words).toContain('The same on the training images On 1,600 training images: accuracy 0.810');
  expect(words).toContain('Answers by class: 1296 of 1600 right');
  expect(words).toMatch(/car 0\.760 0\.708–0\.806 0\.760 0\.708–0\.806 0\.760 0\.708–0\.806 288/);
  expect(words).toMatch(/Car from a probability of 0\.430 on gives .* recall \(0\.810\)/);
  expect(html).toContain('aria-label="ROC curves of car"');
  expect(html).toContain('Area: validation 0.760 (0.730–0.790); training 0.810 (0.780–0.840).');
  expect(html).toContain('aria-label="Precision-recall curves of car"');
  expect(html).toContain('Expected calibration error: training 0.040; validation 0.040.');
});

test('of many classes each has its curve, and the answers among the most probable are counted', () => {
  const html = page('runs/five-classes.html');
  expect(html).toContain('aria-label="ROC curves"');
  expect(html).toMatch(/Area: bird 0\.700 \(0\.670–0\.730\); boat 0\.700/);
  expect(text(html)).toContain('right class among the 3 most probable');
});

test('a run of an older Sightline has no figures, and its page no place for them', () => {
  expect(page('runs/augmentation.html')).not.toContain('id="figures"');
});

/** A check of six images, of which four are in pictures. */
function writeFixtureCheck(dir: string): void {
  const finding = (kind: string, severity: 'error' | 'warning', message: string, paths: string[]) => ({
    kind,
    severity,
    title: kind.replace('-', ' '),
    message,
    paths,
  });
  const shown = ['train/a/1.png', 'train/b/<1> & 2.png', 'train/a/flat.png', 'train/a/2.png'];
  const pixels = new Uint8Array(shown.length * 8 * 8 * 3).fill(120);
  const sheet = imageSheet(pixels, [shown.length, 8, 8, 3], { columns: 4 });
  const check: Check = {
    schema: 1,
    root: 'photos',
    checkedAt: '2026-11-24T10:00:00.000Z',
    command: 'sightline check photos --save checks/photos',
    software: { sightline: '0.1.0' },
    classes: ['a', 'b'],
    counts: { train: { a: 1200, b: 300 }, validation: { b: 2 } },
    formats: { png: 1502 },
    sizes: { smallest: '8 x 8', median: '8 x 8', largest: '9 x 9' },
    images: 1503,
    errors: 2,
    warnings: 15,
    findings: [
      ...Array.from({ length: 14 }, (_, i) =>
        finding('one-colour', 'warning', `"train/a/flat.png" shows one colour only. (${i})`, [
          'train/a/flat.png',
        ]),
      ),
      finding('duplicate', 'warning', 'One image is there 2 times: "train/a/2.png", "train/a/gone.png".', [
        'train/a/2.png',
        'train/a/gone.png',
      ]),
      finding('unreadable', 'error', '"train/b/cut.jpg" cannot be read: it is damaged.', ['train/b/cut.jpg']),
      finding('label-conflict', 'error', 'One image is under the labels a and b: "train/a/1.png".', [
        'train/a/1.png',
        'train/b/<1> & 2.png',
      ]),
    ],
    pictures: {
      tile: sheet.tile,
      columns: sheet.columns,
      items: shown.map((path) => ({ path, label: path.split('/')[1]! })),
    },
  };
  writeCheck(dir, check, encodePng(sheet));
}

test('data checks have pages with their pictures, beside runs or without any', async () => {
  const checks = join(root, 'some checks');
  writeFixtureCheck(join(checks, 'my photos'));
  mkdirSync(join(checks, 'damaged'));
  writeFileSync(join(checks, 'damaged', 'check.json'), '{}');
  const out = join(root, 'checked');
  const built = await buildSite({ ...folders, checks, out });
  expect(built.pages).toBe(8);
  expect(built.broken.map(({ name }) => name)).toEqual(['broken', 'damaged']);
  expect(readFileSync(join(out, 'index.html'), 'utf8')).toContain('data/my-photos.html');

  const alone = await buildSite({ runs: join(root, 'no runs'), checks, out: join(root, 'alone') });
  expect(alone.pages).toBe(2);
  const overview = text(readFileSync(join(root, 'alone', 'index.html'), 'utf8'));
  expect(overview).toContain('One set of images, checked before training.');
  expect(overview).toContain('1,503 images of 2 classes 2 errors, 15 warnings');

  const html = readFileSync(join(root, 'alone', 'data', 'my-photos.html'), 'utf8');
  const said = text(html);
  expect(said).toContain('2 faults would spoil what a training says, and 15 things to look at.');
  expect(said).toContain('class number as a bar train validation a 1,200 0 b 300 2');
  expect(said).toContain('"train/b/cut.jpg" cannot be read: it is damaged.');
  expect(said).toContain('train/b/<1> & 2.png warning · 14');
  expect(said).toContain('One image is there 2 times. 1 more is not shown. a train/a/2.png');
  expect(said).toContain('2 more are in check.json.');
  expect(said.lastIndexOf('error · 1')).toBeLessThan(said.indexOf('warning · 14'));
  expect(html.match(/assets\/data-my-photos\/pictures\.png/g)).toHaveLength(15);
  expect(existsSync(join(root, 'alone', 'assets', 'data-my-photos', 'pictures.png'))).toBe(true);
});
