import { mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type Checkpoint,
  checkpointPath,
  loadCheckpoint,
  repeatCheckpoint,
  saveCheckpoint,
} from './checkpoint.ts';

const checkpoint: Checkpoint = {
  weights: [
    {
      name: 'conv1/kernel',
      shape: [5],
      dtype: 'float32',
      data: Float32Array.of(1.5, -0, Number.NaN, 1e-45, 3),
    },
    { name: 'mask', shape: [3], dtype: 'bool', data: Uint8Array.of(1, 0, 1) },
  ],
  optimizer: [
    { name: 'iterations', shape: [], dtype: 'int32', data: Int32Array.of(65) },
    { name: 'none', shape: [0, 3], dtype: 'float32', data: new Float32Array(0) },
  ],
  epoch: 5,
  random: { seed: 3, drawn: 12 },
  extra: { best: { epoch: 4, accuracy: 0.75 } },
};

async function saved() {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-checkpoint-'));
  await saveCheckpoint(dir, 'last', checkpoint);
  return dir;
}

test('is read again bit for bit', async () => {
  expect(loadCheckpoint(await saved(), 'last')).toEqual(checkpoint);
});

test('one changed bit is noticed', async () => {
  const dir = await saved();
  const path = checkpointPath(dir, 'last');
  const bytes = readFileSync(path);
  bytes[bytes.length - 5]! ^= 1;
  writeFileSync(path, bytes);
  expect(() => loadCheckpoint(dir, 'last')).toThrow(/is damaged: delete it, and train without --resume/);
});

test.each([4, 11, 40, 500])('a file cut to %i bytes is refused', async (size) => {
  const dir = await saved();
  truncateSync(checkpointPath(dir, 'last'), size);
  expect(() => loadCheckpoint(dir, 'last')).toThrow(
    expect.objectContaining({ name: 'SightlineError', code: 'broken' }),
  );
});

test('no checkpoint is missing, not broken', async () => {
  const dir = await saved();
  expect(() => loadCheckpoint(dir, 'best')).toThrow(expect.objectContaining({ code: 'missing' }));
});

test('a tensor whose shape does not fit its numbers is not written', async () => {
  const dir = await saved();
  const weights = [{ name: 'w', shape: [2, 2], dtype: 'float32' as const, data: new Float32Array(3) }];
  await expect(saveCheckpoint(dir, 'last', { ...checkpoint, weights })).rejects.toThrow(
    /w has the shape \[2,2\] but 3/,
  );
  expect(loadCheckpoint(dir, 'last')).toEqual(checkpoint);
});

test('a repeated checkpoint stays what it was when the first is written anew', async () => {
  const dir = await saved();
  for (let i = 0; i < 2; i++) repeatCheckpoint(dir, 'last', 'best');
  await saveCheckpoint(dir, 'last', { ...checkpoint, epoch: 6 });
  expect(loadCheckpoint(dir, 'best').epoch).toBe(5);
  expect(loadCheckpoint(dir, 'last').epoch).toBe(6);
  expect(readdirSync(join(dir, 'checkpoints')).sort()).toEqual(['best.ckpt', 'last.ckpt']);
});

test('a checkpoint that can not be written says why, and leaves nothing', async () => {
  const dir = await saved();
  writeFileSync(join(dir, 'file'), '');
  await expect(saveCheckpoint(join(dir, 'file'), 'last', checkpoint)).rejects.toThrow(
    /Could not write .*last\.ckpt: a part of its path is a file/,
  );
});
