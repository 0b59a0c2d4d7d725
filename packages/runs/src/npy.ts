/**
 * NumPy's `.npy` format, versions 1 to 3: a magic word, a header that is a Python dictionary, then the numbers in
 * C order (the last dimension varies fastest). https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { float16ToFloat32, SightlineError } from '@sightline/core';
import { readRegularFile, writeFileAtomic } from '@sightline/core/files';

export type NpyData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
export type NpyDtype = 'float16' | 'float32' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool';

export interface NpyArray {
  /** As many numbers as the product of `shape`. Of float16: widened to float32. Of bool: 0 and 1. */
  data: NpyData;
  shape: number[];
  /** The type in the file. */
  dtype: NpyDtype;
}

/** A longer header describes a structured type, which is not read; NumPy itself reads 10,000. */
const LONGEST_HEADER = 65_535;

const magic = [0x93, ...Buffer.from('NUMPY', 'latin1')];

/** NumPy's letter and size in bytes for each type: `f4` is float32. */
const codes: Record<NpyDtype, string> = {
  float16: 'f2',
  float32: 'f4',
  float64: 'f8',
  int32: 'i4',
  int64: 'i8',
  uint8: 'u1',
  bool: 'b1',
};

const viewAs: Record<NpyDtype, (bytes: ArrayBuffer) => NpyData> = {
  float16: (bytes) => float16ToFloat32(new Uint16Array(bytes)),
  float32: (bytes) => new Float32Array(bytes),
  float64: (bytes) => new Float64Array(bytes),
  int32: (bytes) => new Int32Array(bytes),
  int64: (bytes) => new BigInt64Array(bytes),
  uint8: (bytes) => new Uint8Array(bytes),
  bool: (bytes) => new Uint8Array(bytes),
};

function dtypeOf(data: NpyData): NpyDtype {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  return 'uint8';
}

/**
 * An array as the bytes of an `.npy` file, the same that `numpy.save` writes.
 *
 * @param array `dtype` is only needed for `bool` (bytes that are 0 or 1)
 * @throws SightlineError `invalid-argument` where `shape` and the length of `data` don't agree
 */
export function encodeNpy(array: {
  data: NpyData;
  shape: readonly number[];
  dtype?: 'bool' | undefined;
}): Uint8Array {
  const { data, shape } = array;
  if (sizeOf(shape) !== data.length) {
    const what = `the shape [${shape}] holds ${sizeOf(shape)} numbers, but ${data.length} were given`;
    throw new SightlineError('option', `An .npy file can't be written: ${what}.`);
  }
  const dtype = array.dtype ?? dtypeOf(data);
  const header = npyHeader(dtype, shape);
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return bytes;
}

/** What stands before the numbers in an `.npy` file. */
export function npyHeader(dtype: NpyDtype, shape: readonly number[]): Uint8Array {
  const order = codes[dtype].endsWith('1') ? '|' : '<';
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const header = `{'descr': '${order}${codes[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The numbers begin at a multiple of 64, so that they can be mapped into memory; NumPy pads with spaces.
  const prefix = magic.length + 4;
  const padded = header.padEnd(Math.ceil((prefix + header.length + 1) / 64) * 64 - prefix - 1);
  const bytes = new Uint8Array(prefix + padded.length + 1);
  bytes.set([...magic, 1, 0, (padded.length + 1) & 255, (padded.length + 1) >> 8]);
  bytes.set(Buffer.from(`${padded}\n`, 'latin1'), prefix);
  return bytes;
}

/**
 * The array in the bytes of an `.npy` file, in memory of its own. Big-endian numbers are turned round.
 *
 * @param where what the errors call the bytes: a path
 * @throws SightlineError `broken` for what isn't `.npy` or is cut short, `unsupported` for Fortran order and other types
 */
export function decodeNpy(bytes: Uint8Array, where = 'The .npy data'): NpyArray {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw new SightlineError(
      'broken',
      `${where} is not an .npy file: it doesn't begin with NumPy's magic word.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) {
    throw new SightlineError('unsupported', `${where} is .npy of version ${version}; expected 1, 2 or 3.`);
  }
  const prefix = version === 1 ? 10 : 12;
  if (bytes.length < prefix) throw damaged(where, `its header ends after ${bytes.length} bytes`);
  const start = prefix + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start - prefix > LONGEST_HEADER) {
    throw damaged(where, `its header of ${start - prefix} bytes is longer than ${LONGEST_HEADER}`);
  }
  const header = Buffer.from(bytes.subarray(prefix, Math.min(start, bytes.length))).toString('utf8');
  const { bigEndian, dtype, shape } = parseHeader(header, where);

  const width = Number(codes[dtype].slice(1));
  const expected = sizeOf(shape) * width;
  if (bytes.length - start !== expected) {
    const found = Math.max(0, bytes.length - start);
    const what = `its shape [${shape}] of ${dtype} needs ${expected} bytes after the header, but ${found} follow`;
    throw damaged(where, what);
  }
  // A copy (a Buffer's own slice is none): the numbers must be aligned, and must not keep the file's buffer alive.
  const body = new Uint8Array(bytes.subarray(start));
  if (bigEndian) for (let at = 0; at < body.length; at += width) body.subarray(at, at + width).reverse();
  return { data: viewAs[dtype](body.buffer), shape, dtype };
}

const damaged = (where: string, why: string) =>
  new SightlineError('broken', `${where} is damaged: ${why}. Write it again.`);

function parseHeader(header: string, where: string) {
  const descr = /'descr':\s*'([<>|=]?)([a-zA-Z]\d+)'/.exec(header);
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const tuple = /'shape':\s*\(([\d,\sL]*)\)/.exec(header)?.[1];
  if (!header.includes("'descr'") || fortran === undefined || tuple === undefined) {
    throw new SightlineError('broken', `${where} is damaged: its .npy header can't be read.`);
  }
  const dtype = (Object.keys(codes) as NpyDtype[]).find((name) => codes[name] === descr?.[2]);
  if (!dtype) {
    const found = descr?.[2] ?? 'a structured type';
    const known = Object.keys(codes).join(', ');
    throw new SightlineError('unsupported', `${where} holds ${found}; expected one of ${known}.`);
  }
  if (fortran === 'True') {
    const remedy = 'Save it with numpy.ascontiguousarray(array)';
    throw new SightlineError('unsupported', `${where} is in Fortran order; expected C order. ${remedy}.`);
  }
  const shape = tuple.split(',').flatMap((part) => (part.trim() === '' ? [] : [Number.parseInt(part, 10)]));
  return { bigEndian: descr?.[1] === '>', dtype, shape };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Reads an `.npy` file; see `decodeNpy`. */
export function readNpy(path: string): NpyArray {
  return decodeNpy(readRegularFile(path), path);
}

/** Writes an `.npy` file, atomically; see `encodeNpy`. */
export function writeNpy(path: string, array: Parameters<typeof encodeNpy>[0]): void {
  writeFileAtomic(path, encodeNpy(array));
}
