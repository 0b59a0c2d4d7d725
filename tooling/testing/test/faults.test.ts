// The file system fails at every call in turn (full, faulty, forbidden, or the process is killed there): what was
// written before or what is being written is there afterwards, whole, and the next attempt succeeds.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic, writeJson } from '@sightline/core/files';
import { lockFolder } from '@sightline/core/process';
import { loadImages, openDataset, openImages, readLock, writeLock } from '@sightline/data';
import {
  type Checkpoint,
  FeatureStore,
  isRun,
  loadCheckpoint,
  openRun,
  type RunHeader,
  readFeatures,
  readRun,
  repeatCheckpoint,
  saveCheckpoint,
  writeFeatures,
} from '@sightline/runs';
import { afterAll, expect, test, vi } from 'vitest';
import { failEachCall } from '../src/faults.ts';
import { writePhotographs } from '../src/photographs.ts';

const made: string[] = [];
const folder = (): string => {
  made.push(mkdtempSync(join(tmpdir(), 'sightline-faults-')));
  return made.at(-1)!;
};
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

/** Nothing is left over but what belongs there: temporary files of a process that was killed may be. */
const visible = (path: string) => readdirSync(path).filter((name) => !name.startsWith('.'));

test('a file that is replaced', async () => {
  const report = await failEachCall({
    prepare() {
      const root = folder();
      writeJson(join(root, 'run.json'), { state: 'old' });
      return root;
    },
    work: (root) => writeJson(join(root, 'run.json'), { state: 'new' }),
    read(root) {
      expect(visible(root)).toEqual(['run.json']);
      return JSON.parse(readFileSync(join(root, 'run.json'), 'utf8')).state;
    },
  });
  expect(report.injected).toBeGreaterThan(4);
});

const checkpoint = (epoch: number): Checkpoint => ({
  weights: [{ name: 'kernel', shape: [2, 3], dtype: 'float32', data: new Float32Array(6).fill(epoch) }],
  optimizer: [{ name: 'step', shape: [], dtype: 'int32', data: Int32Array.of(epoch) }],
  epoch,
  random: null,
  extra: { epoch },
});

test('checkpoints', async () => {
  const report = await failEachCall({
    async prepare() {
      const root = folder();
      await saveCheckpoint(root, 'last', checkpoint(1));
      repeatCheckpoint(root, 'last', 'best');
      return root;
    },
    async work(root) {
      await saveCheckpoint(root, 'last', checkpoint(2));
      repeatCheckpoint(root, 'last', 'best');
    },
    read(root) {
      const [last, best] = ['last', 'best'].map((name) => loadCheckpoint(root, name));
      for (const state of [last!, best!]) expect(state).toEqual(checkpoint(state.epoch));
      expect(last!.epoch).toBeGreaterThanOrEqual(best!.epoch);
      return best!.epoch === 2 ? 'new' : 'old';
    },
  });
  expect(report.injected).toBeGreaterThan(20);
});

const header = (experiment: string): RunHeader => ({
  experiment,
  command: 'sightline train',
  startedAt: '2026-01-01T00:00:00.000Z',
  seed: 1,
  engine: { name: 'cpu', provider: 'cpu', device: 'a processor' },
  data: {
    root: 'photos',
    hash: 'ab'.repeat(32),
    classes: ['a', 'b'],
    counts: { train: [1, 1], validation: [1, 1] },
  },
  config: {
    network: 'baseline',
    backbone: null,
    imageSize: [8, 8],
    epochs: 2,
    batchSize: 2,
    optimizer: { name: 'adam', learningRate: 0.01 },
    augmentation: null,
  },
  software: { sightline: '0.1.0', node: '24.0.0' },
  git: null,
});

function writeRun(dir: string, experiment: string): void {
  const writer = openRun(dir, header(experiment));
  const measured = { loss: 1, accuracy: 0.5 };
  for (const epoch of [1, 2]) {
    writer.epoch({ epoch, ...measured, valLoss: 1, valAccuracy: 0.5, learningRate: 0.1, seconds: 1 });
  }
  writer.writePredictions([{ path: 'a/1.jpg', label: 'a', score: 0.8, predicted: 'b' }]);
  writer.writeArtifact('kernels.json', { experiment });
  const metrics = {
    train: measured,
    validation: measured,
    best: { epoch: 1, ...measured },
    kept: { epoch: 2 },
    collapsed: null,
  };
  writer.finish({ status: 'complete', metrics, timings: { training: 1 } });
}

test('a run that takes the place of another', async () => {
  const report = await failEachCall({
    prepare() {
      const root = folder();
      writeRun(join(root, 'baseline'), 'old');
      return root;
    },
    work: (root) => writeRun(join(root, 'baseline'), 'new'),
    read(root) {
      const dir = join(root, 'baseline');
      // Between two runs there is none, rather than one run's header over another's history.
      if (!isRun(dir)) return 'old';
      const { run, history } = readRun(dir);
      if (run.status === 'complete') {
        expect(history).toHaveLength(2);
        expect(readFileSync(join(dir, 'predictions.jsonl'), 'utf8').split('\n')).toHaveLength(2);
        expect(JSON.parse(readFileSync(join(dir, 'artifacts/kernels.json'), 'utf8'))).toEqual({
          experiment: run.experiment,
        });
      } else expect(run.experiment).toBe('new');
      return run.experiment === 'new' && run.status === 'complete' ? 'new' : 'old';
    },
  });
  expect(report.injected).toBeGreaterThan(60);
});

const features = (value: number) => ({
  dataHash: 'ab'.repeat(32),
  weights: 'embedded',
  provider: 'cpu',
  device: 'cpu',
  classes: ['a', 'b'],
  resize: { size: [64, 64] as [number, number], interpolation: 'nearest' as const, fit: 'stretch' as const },
  seconds: 1,
  rows: [{ path: 'a/1.jpg', label: 0 }],
  data: new Float32Array(4).fill(value),
  shape: [1, 4],
});

test('features by split', async () => {
  const read = (root: string) => {
    try {
      const { data, rows } = readFeatures(root, 'train');
      expect(rows).toHaveLength(1);
      return data[0] === 2 ? 'new' : 'old';
    } catch (error) {
      // An array without the text that belongs to it is recomputed.
      expect(error).toMatchObject({ name: 'SightlineError' });
      return 'old';
    }
  };
  const report = await failEachCall({
    prepare() {
      const root = folder();
      writeFeatures(root, 'train', features(1) as never);
      return root;
    },
    work: (root) => writeFeatures(root, 'train', features(2) as never),
    read,
  });
  expect(report.injected).toBeGreaterThan(10);
});

test('features by content', async () => {
  const source = {
    backbone: 'net',
    weights: 'ab'.repeat(32),
    precision: 'fp32' as const,
    decoder: 1,
    resize: { size: [64, 64] as const },
    columns: 2,
  };
  const digest = (i: number) => String(i).padStart(64, '0');
  const add = (root: string, i: number) => {
    const store = new FeatureStore(root, source);
    store.add([digest(i)], Float32Array.of(i, -i));
    store.close();
  };
  const report = await failEachCall({
    prepare() {
      const root = folder();
      add(root, 1);
      return root;
    },
    work: (root) => add(root, 2),
    read(root) {
      const store = new FeatureStore(root, source);
      expect(store.get(digest(1))).toEqual(Float32Array.of(1, -1));
      const row = store.get(digest(2));
      if (row) expect(row).toEqual(Float32Array.of(2, -2));
      return row ? 'new' : 'old';
    },
  });
  expect(report.injected).toBeGreaterThan(20);
});

test("a data set's lock file", async () => {
  const dataset = async (name: string) => {
    const { datasetHash } = await import('@sightline/data');
    const sample = (label: number) => ({ path: `${name}/${label}.png`, label, hash: 'cd'.repeat(32) });
    const splits = { train: [sample(0), sample(1)], validation: [sample(0), sample(1)] };
    return { classes: ['a', 'b'], splits, hash: datasetHash(['a', 'b'], splits) };
  };
  const report = await failEachCall({
    async prepare() {
      const root = folder();
      await writeLock(join(root, 'data.lock.json'), await dataset('old'));
      return root;
    },
    work: async (root) => writeLock(join(root, 'data.lock.json'), await dataset('new')),
    async read(root) {
      const { splits } = await readLock(join(root, 'data.lock.json'));
      return splits.train[0]!.path.startsWith('new') ? 'new' : 'old';
    },
  });
  expect(report.injected).toBeGreaterThan(4);
});

test('the lock of a folder', async () => {
  const report = await failEachCall({
    prepare: folder,
    work(root) {
      const release = lockFolder(join(root, 'run'));
      writeFileAtomic(join(root, 'run/state'), 'new');
      release();
    },
    read: (root) =>
      visible(root).includes('run') && visible(join(root, 'run')).includes('state') ? 'new' : 'old',
  });
  expect(report.injected).toBeGreaterThan(10);
});

const photographs = () => {
  const root = folder();
  writePhotographs(root, { classes: ['cold', 'warm'], counts: { train: 2, validation: 1 } });
  return root;
};

const size = [8, 8] as const;

// So few images are decoded and written on this thread, whose file system fails.
test.each([
  ['in memory', Number.POSITIVE_INFINITY],
  ['in a file that batches are read from', 0],
])('the cache of decoded images, %s', async (_, memoryLimit) => {
  const dataset = await openDataset(photographs());
  const other = [4, 4] as const;
  const truth = await loadImages(dataset, 'train', { size });
  // Nothing can be decoded again: only what the cache holds is found.
  const files = { ...dataset.files, disk: undefined, read: () => Promise.reject(new Error('gone')) };
  const kept = { ...dataset, files } as unknown as typeof dataset;
  const load = (root: string, from = dataset, wanted: readonly [number, number] = size) =>
    openImages(from, 'train', { size: wanted, cacheDir: join(root, 'cache'), checkCache: true, memoryLimit });
  const report = await failEachCall({
    async prepare() {
      const root = folder();
      await load(root, dataset, other);
      return root;
    },
    work: (root) => load(root),
    async read(root) {
      // Images of another size, cached before, are whole whatever happens.
      await loadImages(kept, 'train', { size: other, cacheDir: join(root, 'cache'), checkCache: true });
      try {
        const { data } = await loadImages(kept, 'train', {
          size,
          cacheDir: join(root, 'cache'),
          checkCache: true,
        });
        expect(Buffer.from(data).equals(Buffer.from(truth.data))).toBe(true);
        return 'new';
      } catch (error) {
        expect(error).toMatchObject({ code: 'unreadable-image' });
        return 'old';
      }
    },
  });
  expect(report.injected).toBeGreaterThan(20);
});

test('the index of content hashes', async () => {
  const root = photographs();
  const { hash } = await openDataset(root);
  // A file that has only just been written is not remembered.
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
  const open = async (cache: string) => {
    expect((await openDataset(root, { cacheDir: join(cache, 'cache') })).hash).toBe(hash);
  };
  const report = await failEachCall({
    prepare: folder,
    work: open,
    async read(cache): Promise<'new'> {
      await open(cache);
      return 'new';
    },
  });
  clock.mockRestore();
  expect(report.injected).toBeGreaterThan(12);
});
