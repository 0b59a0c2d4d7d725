// Event files and what fit shows. The peers' suite has TensorBoard itself read such files.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { maskedCrc, record } from './event-file.ts';
import * as tf from './index.ts';
import { ProgressBar } from './progress-bar.ts';
import { histogramOf } from './tensor-board.ts';

it('checksums are CRC-32C, masked', () => {
  // The check value of CRC-32C, of which the mask is a rotation by 15 bits and a sum.
  const crc = 0xe3069283;
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  expect(maskedCrc(new TextEncoder().encode('123456789'))).toBe(masked);
});

it('a record is its length, a checksum, the bytes and a checksum', () => {
  const bytes = record(Uint8Array.of(1, 2, 3));
  expect(bytes).toHaveLength(8 + 4 + 3 + 4);
  expect(new DataView(bytes.buffer).getBigUint64(0, true)).toBe(3n);
});

it('a histogram counts each value once', () => {
  const { limits, counts, ...rest } = histogramOf([0, 1, 1, 4], 4);
  expect(counts).toEqual([1, 2, 0, 1]);
  expect(limits).toEqual([1, 2, 3, 4]);
  expect(rest).toEqual({ min: 0, max: 4, count: 4, sum: 6, sumOfSquares: 18 });
  expect(histogramOf([2, 2]).counts).toEqual([2]);
});

it('a histogram leaves out what is not finite', () => {
  const values = [Number.NaN, 0, Number.POSITIVE_INFINITY, 4, Number.NEGATIVE_INFINITY];
  expect(histogramOf(values, 2)).toEqual(histogramOf([0, 4], 2));
  expect(histogramOf([Number.NaN])).toEqual(histogramOf([]));
});

it('a folder has one writer until that is closed, which refuses what is no number of a step', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-writer-'));
  try {
    const writer = tf.node.summaryFileWriter(folder);
    expect(tf.node.summaryFileWriter(join(folder, '.'))).toBe(writer);
    expect(readdirSync(folder)[0]).toMatch(/\.v2$/);
    const one = tf.scalar(1);
    expect(() => writer.scalar('a', one, 1.5)).toThrow(/an integer step, but got 1\.5/);
    expect(() => writer.scalar('a', tf.zeros([2]), 1)).toThrow(/a scalar, but got the shape \[2\]/);
    expect(() => writer.scalar('a', 'b' as never, 1)).toThrow(/a number, but got b/);
    expect(() => writer.scalar(undefined as never, one, 1)).toThrow(/a name, but got undefined/);
    expect(() => writer.histogram('a', tf.zeros([2]), 1, 0)).toThrow(/1 to 100000 buckets, but got 0/);
    expect(() => writer.histogram('a', tf.tensor(['b']), 1)).toThrow(/real numbers, but got string/);
    writer.scalar('a', Number.NaN, 1);
    writer.close();
    writer.close();
    const next = tf.node.summaryFileWriter(folder);
    expect(next).not.toBe(writer);
    next.close();
    expect(() => tf.node.summaryFileWriter('')).toThrow(/the name of a folder/);
    expect(() => tf.node.tensorBoard(folder, { histogramFreq: 1.5 })).toThrow(/a number of epochs/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const model = () => {
  const made = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return made;
};

it('the callback writes training and validation apart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-tensorboard-'));
  try {
    await model().fit(tf.ones([8, 2]), tf.ones([8, 1]), {
      epochs: 2,
      validationSplit: 0.5,
      verbose: 0,
      callbacks: tf.node.tensorBoard(folder, { histogramFreq: 1 }),
    });
    const [train, val] = ['train', 'val'].map((set) => {
      const [file, ...others] = readdirSync(join(folder, set));
      expect(others).toEqual([]);
      return readFileSync(join(folder, set, file!), 'latin1');
    });
    expect(train!.match(/epoch_loss/g)).toHaveLength(2);
    expect(train).toMatch(/kernel/);
    expect(val!.match(/epoch_loss/g)).toHaveLength(2);
    expect(() => tf.node.tensorBoard(folder, { updateFreq: 'hour' as never })).toThrow(/batch or epoch/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('the progress bar is a line for each epoch where there is no terminal', async () => {
  const shown: string[] = [];
  const out = { isTTY: false, columns: 80, write: (text: string) => void shown.push(text) };
  const bar = new ProgressBar(out as unknown as NodeJS.WriteStream);
  await model().fit(tf.ones([8, 2]), tf.ones([8, 1]), { epochs: 2, verbose: 0, callbacks: bar });
  expect(shown).toHaveLength(2);
  expect(shown[1]).toMatch(/^Epoch 2 of 2: \d.*s, loss \d+\.\d{3}\n$/);
});

it('the progress bar fits a terminal', async () => {
  const shown: string[] = [];
  const out = { isTTY: true, columns: 30, write: (text: string) => void shown.push(text) };
  const bar = new ProgressBar(out as unknown as NodeJS.WriteStream);
  await model().fit(tf.ones([8, 2]), tf.ones([8, 1]), {
    epochs: 1,
    batchSize: 2,
    verbose: 0,
    callbacks: bar,
  });
  expect(shown[0]).toMatch(/^\r.*Epoch 1 of 1 \[/);
  for (const text of shown.slice(0, -1)) expect(text.length).toBeLessThanOrEqual(29 + '\r\u001b[K'.length);
});
