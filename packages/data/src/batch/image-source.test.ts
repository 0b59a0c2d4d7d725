// Batches: the same for any number of workers and after a resume, valid as long as promised, and cancellable.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ImageSet } from '../images/image-set.ts';
import { PoolWorker } from '../workers/pool-worker.ts';
import type { Batch, BatchSource } from './batch-source.ts';
import { type ImageSourceOptions, imageSource } from './image-source.ts';
import { type BatchRows, type Recipe, renderCall, renderRows } from './render.ts';

const [COUNT, HEIGHT, WIDTH] = [50, 8, 6];

function images(): ImageSet {
  const data = new Uint8Array(new SharedArrayBuffer(COUNT * HEIGHT * WIDTH * 3));
  data.forEach((_, i) => {
    data[i] = (i * 31 + (i >> 5)) % 256;
  });
  return {
    data,
    shape: [COUNT, HEIGHT, WIDTH, 3],
    labels: Int32Array.from({ length: COUNT }, (_, i) => i % 2),
    paths: Array.from({ length: COUNT }, (_, i) => `${i}.png`),
    classes: ['a', 'b'],
  };
}

const options: ImageSourceOptions = {
  batchSize: 16,
  seed: 7,
  shuffle: true,
  augmentation: { rotation: 20, horizontalFlip: true, zoom: 0.2, channelShift: 10 },
};

async function collect(source: BatchSource, epoch: number, from = 0): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of source.batches(epoch, { from }))
    batches.push({ ...batch, x: batch.x.slice(), y: batch.y.slice() });
  return batches;
}

describe('without augmentation', () => {
  it('gives each image once, pixels / 255, with its label', async () => {
    const set = images();
    const source = imageSource(set, { ...options, augmentation: null });
    const batches = await collect(source, 0);
    expect(batches.map(({ size, shape }) => [size, shape])).toEqual([
      [16, [16, 8, 6, 3]],
      [16, [16, 8, 6, 3]],
      [16, [16, 8, 6, 3]],
      [2, [2, 8, 6, 3]],
    ]);
    const rows = batches.flatMap(({ indices }) => [...indices]);
    expect(rows.toSorted((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    expect(rows).not.toEqual(rows.toSorted((a, b) => a - b));
    const size = HEIGHT * WIDTH * 3;
    for (const { x, y, indices } of batches) {
      expect([...y]).toEqual(Array.from(indices, (row) => row % 2));
      indices.forEach((row, i) => {
        const want = Float32Array.from(
          set.data.subarray(row * size, (row + 1) * size),
          (level) => level * Math.fround(1 / 255),
        );
        expect(x.subarray(i * size, (i + 1) * size)).toEqual(want);
      });
    }
  });
});

describe('determinism', () => {
  it('is the same for any number of workers, and another in another epoch or with another seed', async () => {
    const set = images();
    const inline = await collect(imageSource(set, { ...options, workers: 0 }), 3);
    for (const workers of [1, 2, 3]) {
      expect(await collect(imageSource(set, { ...options, workers }), 3)).toEqual(inline);
    }
    const other = imageSource(set, { ...options, workers: 1 });
    expect(await collect(other, 4)).not.toEqual(inline);
    expect(await collect(imageSource(set, { ...options, seed: 8, workers: 0 }), 3)).not.toEqual(inline);
  });

  it('does not depend on what was read before, or on where reading stopped', async () => {
    const set = images();
    const [first, second] = [
      await collect(imageSource(set, options), 0),
      await collect(imageSource(set, options), 1),
    ];
    const source = imageSource(set, options);
    for await (const _ of source.batches(0)) break;
    expect(await collect(source, 1)).toEqual(second);
    expect(await collect(source, 0)).toEqual(first);
    expect(await collect(source, 1, 2)).toEqual(second.slice(2));
  });

  it('holds with two readers at once', async () => {
    const source = imageSource(images(), options);
    const alone = [await collect(source, 0), await collect(source, 5)];
    expect(await Promise.all([collect(source, 0), collect(source, 5)])).toEqual(alone);
  });
});

describe('buffers', () => {
  it('keep batch k until batch k + 2 is asked for', async () => {
    const source = imageSource(images(), { ...options, workers: 2, prefetch: 3, batchSize: 5 });
    let before: { x: Float32Array; copy: Float32Array } | undefined;
    for (const epoch of [0, 1, 2]) {
      for await (const { x } of source.batches(epoch)) {
        // Time for workers to write where they should not.
        await new Promise((resolve) => setTimeout(resolve, 3));
        if (before !== undefined) expect(before.x).toEqual(before.copy);
        before = { x, copy: x.slice() };
      }
    }
  });
});

/** A task that renders rows on a worker of its own. */
function render(
  worker: PoolWorker,
  context: number,
  recipe: Recipe,
  rows: BatchRows,
  out: Float32Array<SharedArrayBuffer>,
) {
  worker.open(context, recipe);
  return worker.submit(renderCall(context, rows, out), () => renderRows(recipe, rows, out));
}

describe('trouble', () => {
  it('ends when cancelled', async () => {
    const control = new AbortController();
    const source = imageSource(images(), options);
    const read = async () => {
      for await (const _ of source.batches(0, { signal: control.signal })) control.abort();
    };
    await expect(read()).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('leaves nothing that keeps the process alive when cancelled', async () => {
    const text = `
      import { imageSource } from ${JSON.stringify(new URL('./image-source.ts', import.meta.url).href)};
      const data = new Uint8Array(new SharedArrayBuffer(400 * 32 * 32 * 3));
      const images = { data, shape: [400, 32, 32, 3], labels: new Int32Array(400), paths: [], classes: ['a'] };
      const options = { batchSize: 8, seed: 1, shuffle: true, augmentation: { rotation: 20 }, workers: 3 };
      const control = new AbortController();
      try {
        for await (const _ of imageSource(images, options).batches(0, control)) control.abort();
      } catch (error) {
        console.log(error.name);
      }`;
    const node = ['--conditions=@sightline/source', '--input-type=module', '-e', text];
    // Killed, and so refused, where it does not end by itself.
    const { stdout } = await promisify(execFile)(process.execPath, node, { timeout: 500_000 });
    expect(stdout).toBe('AbortError\n');
  });

  /** How a batch of one image of 2x2 pixels is made. */
  const recipe = {
    pixels: new Uint8Array(12),
    height: 2,
    width: 2,
    seed: 1,
    augmentation: null,
    rescale: 1,
    samplewise: null,
    statistics: null,
  };

  it('reaches the caller from a worker', async () => {
    const worker = new PoolWorker();
    const out = new Float32Array(new SharedArrayBuffer(12 * 4));
    const rows = { epoch: 0, batch: 0, rows: Uint32Array.of(0) };
    const broken = { ...recipe, pixels: null as never };
    await expect(render(worker, 1, broken, rows, out).ready()).rejects.toMatchObject({
      code: 'worker',
    });
    await expect(render(worker, 2, recipe, rows, out).ready()).resolves.toBeUndefined();
  });

  it('is done by the thread that waits where no worker has begun it, once', async () => {
    const worker = new PoolWorker();
    const value = { ...recipe, pixels: Uint8Array.from({ length: 12 }, (_, i) => i * 20) };
    const rows = { epoch: 0, batch: 0, rows: Uint32Array.of(0) };
    const [helped, cancelled] = [0, 1].map(() => new Float32Array(new SharedArrayBuffer(12 * 4)));
    // The thread is still starting: nothing can have been begun.
    const tasks = [render(worker, 1, value, rows, helped!), render(worker, 1, value, rows, cancelled!)];
    expect([tasks[0]!.isDone(), tasks[0]!.help(), tasks[0]!.isDone()]).toEqual([false, true, true]);
    expect([...helped!]).toEqual([...value.pixels]);
    tasks[1]!.cancel();
    expect([tasks[0]!.help(), tasks[1]!.help()]).toEqual([false, false]);
    await Promise.all(tasks.map((task) => task.ready()));
    helped!.fill(-1);
    // What the thread is asked for later comes after what it was asked for before, and that it has left alone.
    const third = new Float32Array(new SharedArrayBuffer(12 * 4));
    await render(worker, 1, value, rows, third).ready();
    expect([[...third], new Set(helped), new Set(cancelled)]).toEqual([
      [...value.pixels],
      new Set([-1]),
      new Set([0]),
    ]);
    await worker.terminate();
  });

  it('is an error when a worker thread dies, and does not hang', async () => {
    const worker = new PoolWorker();
    const rows = { epoch: 0, batch: 0, rows: Uint32Array.of(0) };
    const out = new Float32Array(new SharedArrayBuffer(12 * 4));
    const task = render(worker, 1, recipe, rows, out);
    await worker.terminate();
    await expect(task.ready()).rejects.toMatchObject({
      code: 'worker',
      message: expect.stringMatching(/it ended/),
    });
    await expect(render(worker, 1, recipe, rows, out).ready()).rejects.toMatchObject({ code: 'worker' });
  });

  it.each([
    [{ batchSize: 0 }, /batch size must be/],
    [{ seed: 0.5 }, /seed must be/],
    [{ workers: -1 }, /workers must be/],
    [{ prefetch: 0 }, /prefetch must be/],
    [
      { augmentation: { rotate: 3 } as never },
      /There is no augmentation "rotate". Expected some of randomResizedCrop, rotation,/,
    ],
    [{ augmentation: { rotation: -3 } }, /augmentation\.rotation must be/],
    [{ augmentation: { zoom: 1.5 } }, /augmentation\.zoom must be a number from 0 to below 1, or a range/],
    [{ augmentation: { brightness: [2, 1] as const } }, /augmentation\.brightness must be a range/],
    [
      { augmentation: { brightness: 2 as never } },
      /augmentation\.brightness must be a range of two numbers, low to high, not 2/,
    ],
    [{ augmentation: { fill: 'mirror' as never } }, /one of nearest, constant, reflect, wrap/],
    [{ augmentation: { rotation: '20' as never } }, /rotation must be a number of 0 or more, not "20"/],
    [{ augmentation: { horizontalFlip: 'no' as never } }, /horizontalFlip must be true or false, not "no"/],
    [{ augmentation: { fillValue: 300 } }, /fillValue must be a number from 0 to 255, not 300/],
    [
      { augmentation: { randAugment: { count: 1.5 } } },
      /randAugment\.count must be a whole number from 0 to 20/,
    ],
    [
      { augmentation: { colorJitter: { brigthness: 0.2 } as never } },
      /colorJitter must be an object \{ brightness, contrast, saturation, hue \}, not \{"brigthness":0\.2\}/,
    ],
    [{ augmentation: { mix: 'cutmix' as never } }, /mix must be an object \{ kind, alpha \}, not "cutmix"/],
    [
      { augmentation: { mix: { kind: 'cut' as never } } },
      /mix\.kind must be one of mixup, cutmix, not "cut"/,
    ],
    [{ samplewise: 'middle' as never }, /samplewise must be one of center, standardize, not middle/],
  ])('%o is refused', (wrong, message) => {
    expect(() => imageSource(images(), { ...options, ...wrong })).toThrow(message);
  });
});
