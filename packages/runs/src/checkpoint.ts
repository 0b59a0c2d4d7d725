/**
 * Checkpoints: all that training needs to go on as if it had never stopped, in one file.
 *
 * The file: the magic word `SLCHECK1`; the header's length (uint32, little-endian); the header as JSON; then the
 * tensors' numbers (little-endian), each beginning at a multiple of 8 from the header's end. The header holds the
 * SHA-256 of everything after it, so that a damaged file is noticed before it is trained on.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { check, parseJson, readBytes, writeFileAtomic } from './atomic.ts';
import { RunsError } from './error.ts';

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

const magic = Buffer.from('SLCHECK1', 'latin1');
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
  hash: z.string(),
});

/** Where `saveCheckpoint` puts the checkpoint `name` of the run in `dir`. */
export function checkpointPath(dir: string, name: string): string {
  return join(dir, 'checkpoints', `${name}.ckpt`);
}

/**
 * Writes a checkpoint of the run in folder `dir`, atomically. `name` is `best` or `last`, or one's own.
 *
 * @throws RunsError `invalid-argument` where a tensor's shape and data don't agree
 */
export function saveCheckpoint(dir: string, name: string, checkpoint: Checkpoint): void {
  const { weights, optimizer, ...state } = checkpoint;
  const tensors = [...weights, ...optimizer];
  // The tensors are hashed and written where they lie: a copy of them all would take longer than the file.
  const payload: Uint8Array[] = [];
  const hash = createHash('sha256');
  for (const tensor of tensors) {
    if (tensor.data.length !== length(tensor.shape)) {
      const what = `${tensor.name} has the shape [${tensor.shape}] but ${tensor.data.length} numbers`;
      throw new RunsError('invalid-argument', `The checkpoint ${name} can't be written: ${what}.`);
    }
    const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
    const padding = new Uint8Array(paddedSize(tensor) - bytes.length);
    hash.update(bytes).update(padding);
    payload.push(bytes, padding);
  }
  const describe = ({ name, shape, dtype }: CheckpointTensor) => ({ name, shape, dtype });
  const header = Buffer.from(
    JSON.stringify({
      ...state,
      weights: weights.map(describe),
      optimizer: optimizer.map(describe),
      hash: hash.digest('hex'),
    }),
  );
  const size = Buffer.alloc(4);
  size.writeUInt32LE(header.length);
  writeFileAtomic(checkpointPath(dir, name), [magic, size, header, ...payload]);
}

/**
 * Reads a checkpoint that `saveCheckpoint` wrote.
 *
 * @throws RunsError `missing` where there is none, `broken` where the file is damaged
 */
export function loadCheckpoint(dir: string, name: string): Checkpoint {
  const path = checkpointPath(dir, name);
  const bytes = readBytes(path);
  const body = magic.length + 4;
  if (bytes.length < body || !bytes.subarray(0, magic.length).equals(magic)) {
    throw new RunsError('broken', `${path} is not a checkpoint of Sightline.`);
  }
  const headerEnd = body + bytes.readUInt32LE(magic.length);
  const payload = bytes.subarray(headerEnd);
  if (headerEnd > bytes.length) throw damaged(path);
  const header = check(parseJson(bytes.toString('utf8', body, headerEnd), path), headerSchema, path);
  const described = [...header.weights, ...header.optimizer];
  const expected = described.reduce((sum, tensor) => sum + paddedSize(tensor), 0);
  if (payload.length !== expected || sha256(payload) !== header.hash) throw damaged(path);

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

function damaged(path: string): RunsError {
  return new RunsError('broken', `The checkpoint ${path} is damaged: delete it, and train without --resume.`);
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

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
