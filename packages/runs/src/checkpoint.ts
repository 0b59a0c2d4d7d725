/**
 * Checkpoints: all that training needs to go on as if it had never stopped, in one file.
 *
 * The file: the magic word `SLCHECK2`; the header's length (uint32, little-endian); the header as JSON; then the
 * tensors' numbers (little-endian), each beginning at a multiple of 8 from the header's end. The header holds the
 * CRC-32 of everything after it, so that a damaged file is noticed before it is trained on.
 */

import { copyFileSync, linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SightlineError } from '@sightline/core';
import { placeBeside, readRegularFile, writeFileAtomicBeside } from '@sightline/core/files';
import { z } from 'zod';
import { check, parseJson } from './json.ts';

const arrayTypes = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

export interface CheckpointTensor {
  name: string;
  shape: number[];
  dtype: keyof typeof arrayTypes;
  data: Float32Array | Int32Array | Uint8Array;
}

export interface Checkpoint {
  weights: CheckpointTensor[];
  /** The optimizer's slots: moments and step counts. */
  optimizer: CheckpointTensor[];
  /** Epochs that were completed. */
  epoch: number;
  /** The state of what draws random numbers; JSON. */
  random: unknown;
  /** Whatever else the training loop must know again; JSON. */
  extra: unknown;
}

const magic = Buffer.from('SLCHECK2', 'latin1');
const tensorSchema = z.object({
  name: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.enum(['float32', 'int32', 'bool']),
});
const headerSchema = z.object({
  weights: z.array(tensorSchema),
  optimizer: z.array(tensorSchema),
  epoch: z.number().int().nonnegative(),
  random: z.unknown(),
  extra: z.unknown(),
  crc32: z.number().int(),
});

/** Where `saveCheckpoint` puts the checkpoint `name` of the run in `dir`. */
export function checkpointPath(dir: string, name: string): string {
  return join(dir, 'checkpoints', `${name}.ckpt`);
}

/**
 * Writes a checkpoint of the run in folder `dir`, atomically and while this thread does other work: the tensors' data
 * may not change before the promise is kept. `name` is `best` or `last`, or one's own.
 *
 * @throws SightlineError `invalid-argument` where a tensor's shape and data don't agree, `not-writable`
 */
export async function saveCheckpoint(dir: string, name: string, checkpoint: Checkpoint): Promise<void> {
  const { weights, optimizer, ...state } = checkpoint;
  const tensors = [...weights, ...optimizer];
  // The tensors are read and written where they lie: a copy of them all would take longer than the file.
  const payload: Uint8Array[] = [];
  let sum = 0;
  for (const tensor of tensors) {
    if (tensor.data.length !== length(tensor.shape)) {
      const what = `${tensor.name} has the shape [${tensor.shape}] but ${tensor.data.length} numbers`;
      throw new SightlineError('option', `The checkpoint ${name} can't be written: ${what}.`);
    }
    const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
    const padding = new Uint8Array(paddedSize(tensor) - bytes.length);
    sum = crc32(padding, crc32(bytes, sum));
    payload.push(bytes, padding);
  }
  const describe = ({ name, shape, dtype }: CheckpointTensor) => ({ name, shape, dtype });
  const header = Buffer.from(
    JSON.stringify({
      ...state,
      weights: weights.map(describe),
      optimizer: optimizer.map(describe),
      crc32: sum,
    }),
  );
  const size = Buffer.alloc(4);
  size.writeUInt32LE(header.length);
  await writeFileAtomicBeside(checkpointPath(dir, name), [magic, size, header, ...payload]);
}

/** Makes the checkpoint `to` what `from` is, atomically, and in no time where the file system has links. */
export function repeatCheckpoint(dir: string, from: string, to: string): void {
  const path = checkpointPath(dir, to);
  const beside = placeBeside(path);
  // Checkpoints are replaced and never written into, so that two names of one file can't disturb each other.
  try {
    linkSync(checkpointPath(dir, from), beside);
  } catch {
    copyFileSync(checkpointPath(dir, from), beside);
  }
  renameSync(beside, path);
  // Where both were one file already, renaming did nothing.
  rmSync(beside, { force: true });
}

/**
 * Reads a checkpoint that `saveCheckpoint` wrote.
 *
 * @throws SightlineError `missing` where there is none, `broken` where the file is damaged
 */
export function loadCheckpoint(dir: string, name: string): Checkpoint {
  const path = checkpointPath(dir, name);
  const bytes = readRegularFile(path);
  const body = magic.length + 4;
  if (bytes.length < body || !bytes.subarray(0, magic.length).equals(magic)) {
    throw new SightlineError('broken', `${path} is not a checkpoint of Sightline.`);
  }
  const headerEnd = body + bytes.readUInt32LE(magic.length);
  const payload = bytes.subarray(headerEnd);
  if (headerEnd > bytes.length) throw damaged(path);
  const header = check(parseJson(bytes.toString('utf8', body, headerEnd), path), headerSchema, path);
  const described = [...header.weights, ...header.optimizer];
  const expected = described.reduce((sum, tensor) => sum + paddedSize(tensor), 0);
  if (payload.length !== expected || crc32(payload) !== header.crc32) throw damaged(path);

  let at = 0;
  const take = (tensor: z.infer<typeof tensorSchema>): CheckpointTensor => {
    const ArrayType = arrayTypes[tensor.dtype];
    const copy = payload.buffer.slice(payload.byteOffset + at, payload.byteOffset + at + byteSize(tensor));
    at += paddedSize(tensor);
    return { ...tensor, data: new ArrayType(copy as ArrayBuffer) };
  };
  const weights = header.weights.map(take);
  const optimizer = header.optimizer.map(take);
  return { weights, optimizer, epoch: header.epoch, random: header.random, extra: header.extra };
}

function damaged(path: string): SightlineError {
  return new SightlineError(
    'broken',
    `The checkpoint ${path} is damaged: delete it, and train without --resume.`,
  );
}

function length(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

function byteSize(tensor: { shape: number[]; dtype: keyof typeof arrayTypes }): number {
  return length(tensor.shape) * arrayTypes[tensor.dtype].BYTES_PER_ELEMENT;
}

function paddedSize(tensor: { shape: number[]; dtype: keyof typeof arrayTypes }): number {
  return Math.ceil(byteSize(tensor) / 8) * 8;
}
