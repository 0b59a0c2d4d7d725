// Reads safetensors: 8 bytes little-endian header length, a JSON header (for each tensor `dtype`, `shape` and
// `data_offsets`, and `__metadata__`), then the tensors' bytes. https://github.com/huggingface/safetensors

import { float16ToFloat32, SightlineError } from '@sightline/core';

const ELEMENT_BYTES = { F16: 2, F32: 4, U8: 1 } as const;
export type SafetensorsDType = keyof typeof ELEMENT_BYTES;

export interface StoredTensor {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** Row-major and little-endian, float16 as its bits: a view of the file's bytes where their alignment allows. */
  readonly data: Uint16Array | Float32Array | Uint8Array;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own limit is 100 MB; a header of ten thousand tensors takes one. */
const LARGEST_HEADER = 25e6;
/** No axis is longer: its sizes multiply exactly then. */
const LONGEST_AXIS = 2 ** 32;

/**
 * The tensors of a safetensors file, without copying them. As the format asks, they must cover what follows the header, so
 * that nothing is hidden between two and none is in another.
 *
 * @param file what the bytes are called in an error
 * @throws SightlineError `weights` where they are not a whole safetensors file of float16, float32 or uint8.
 */
export function readSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const bad = (why: string, cause?: unknown) =>
    new SightlineError('weights', `${file} is not a whole safetensors file: ${why}. Fetch it again.`, {
      cause,
    });
  if (bytes.length < 8) throw bad(`it has ${bytes.length} bytes, fewer than the 8 of a header's length`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(bytes.length - 8)) {
    throw bad(`its first 8 bytes announce a header of ${length} bytes, but ${bytes.length - 8} follow`);
  }
  if (length > BigInt(LARGEST_HEADER)) {
    throw bad(`its header of ${length} bytes is longer than ${LARGEST_HEADER}`);
  }
  const body = bytes.subarray(8 + Number(length));
  const header = parseHeader(bytes.subarray(8, 8 + Number(length)), bad);
  const tensors = new Map<string, StoredTensor>();
  const places: Place[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { tensor, place } = readTensor(name, entry, body, bad);
    tensors.set(name, tensor);
    places.push(place);
  }
  checkPlaces(places, body.length, bad);
  const metadata = (header.__metadata__ ?? {}) as Record<string, string>;
  return { tensors, metadata };
}

type Bad = (why: string, cause?: unknown) => SightlineError;

function parseHeader(bytes: Uint8Array, bad: Bad): Record<string, unknown> & { __metadata__?: unknown } {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw bad('its header is no JSON', cause);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw bad('its header is no JSON object');
  }
  return header as Record<string, unknown>;
}

type Place = readonly [start: number, end: number];

function checkPlaces(places: Place[], length: number, bad: Bad): void {
  let at = 0;
  for (const [start, end] of places.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (start !== at)
      throw bad(`two of its tensors ${start < at ? 'overlap' : 'leave a hole'} at byte ${at}`);
    at = end;
  }
  if (at !== length) throw bad(`its tensors end at byte ${at} of ${length}`);
}

const isSize = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LONGEST_AXIS;

function readTensor(
  name: string,
  entry: unknown,
  body: Uint8Array,
  bad: Bad,
): { tensor: StoredTensor; place: Place } {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !Array.isArray(offsets)) {
    throw bad(`its tensor ${name} lacks a dtype, a shape or data_offsets`);
  }
  if (!Object.hasOwn(ELEMENT_BYTES, dtype)) {
    throw bad(`its tensor ${name} is ${dtype}, where ${Object.keys(ELEMENT_BYTES).join(', ')} can be read`);
  }
  const [start, end] = offsets as unknown[];
  if (!shape.every(isSize) || !isSize(start) || !isSize(end) || start > end || end > body.length) {
    throw bad(`its tensor ${name} lies at bytes ${start} to ${end} of ${body.length}`);
  }
  const width = ELEMENT_BYTES[dtype as SafetensorsDType];
  const count = (shape as number[]).reduce((a, b) => a * b, 1);
  if (end - start !== count * width) {
    throw bad(
      `its tensor ${name} of shape [${shape.join(', ')}] has ${end - start} bytes, not ${count * width}`,
    );
  }
  const raw = body.subarray(start, end);
  // Not `slice`: that of a Buffer, which files are read into, copies nothing.
  const { buffer, byteOffset } = raw.byteOffset % width === 0 ? raw : new Uint8Array(raw);
  const data =
    dtype === 'F16'
      ? new Uint16Array(buffer, byteOffset, count)
      : dtype === 'F32'
        ? new Float32Array(buffer, byteOffset, count)
        : new Uint8Array(buffer, byteOffset, count);
  return {
    tensor: { dtype: dtype as SafetensorsDType, shape: shape as number[], data },
    place: [start, end],
  };
}

/** A tensor's values as float32. */
export function floats({ data }: Pick<StoredTensor, 'data'>): Float32Array {
  if (data instanceof Float32Array) return data;
  return data instanceof Uint16Array ? float16ToFloat32(data) : Float32Array.from(data);
}
