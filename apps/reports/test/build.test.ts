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
});

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
  expect(text(baseline)).toContain('flipped, turned −19.6°');
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
