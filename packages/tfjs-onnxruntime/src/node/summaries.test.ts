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
