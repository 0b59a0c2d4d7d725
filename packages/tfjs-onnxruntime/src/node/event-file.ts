// TensorBoard's event files: records of TensorFlow (length, its checksum, bytes, their checksum), each a protocol buffer
// of `tensorflow.Event` (event.proto, summary.proto in TensorFlow's sources).

import { closeSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeFolder, notWritable } from '@sightline/core/files';

/** CRC-32C (Castagnoli) of a byte, reversed. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** The checksum of a record, masked so that checksums of data which holds checksums stay good. */
export function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

export function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return bytes;
}

const text = new TextEncoder();

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.of(...bytes, Number(rest));
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Fields of a protocol buffer message, by their wire types. */
const field = {
  int: (id: number, value: number) => joined([varint(id << 3), varint(value)]),
  double: (id: number, value: number) =>
    joined([varint((id << 3) | 1), new Uint8Array(Float64Array.of(value).buffer)]),
  float: (id: number, value: number) =>
    joined([varint((id << 3) | 5), new Uint8Array(Float32Array.of(value).buffer)]),
  bytes: (id: number, value: Uint8Array) => joined([varint((id << 3) | 2), varint(value.length), value]),
  string: (id: number, value: string) => field.bytes(id, text.encode(value)),
  doubles: (id: number, values: readonly number[]) =>
    field.bytes(id, new Uint8Array(Float64Array.from(values).buffer)),
};

/** `HistogramProto`: a count for each bucket, and the upper limit of each. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

const histogramProto = (h: Histogram): Uint8Array =>
  joined([
    field.double(1, h.min),
    field.double(2, h.max),
    field.double(3, h.count),
    field.double(4, h.sum),
    field.double(5, h.sumOfSquares),
    field.doubles(6, h.limits),
    field.doubles(7, h.counts),
  ]);

/** `Summary.Value`: a tag, what it is (`SummaryMetadata`) and its value. */
function summaryValue(tag: string, value: number | Histogram, description: string): Uint8Array {
  const kind = typeof value === 'number' ? 'scalars' : 'histograms';
  const metadata = [field.bytes(1, field.string(1, kind))];
  if (description) metadata.push(field.string(3, description));
  return joined([
    field.string(1, tag),
    typeof value === 'number' ? field.float(2, value) : field.bytes(5, histogramProto(value)),
    field.bytes(9, joined(metadata)),
  ]);
}

let files = 0;

/** An event file, which TensorBoard reads while it grows. */
export class EventFile {
  readonly path: string;
  readonly #file: number;

  /** @throws SightlineError `not-writable` */
  constructor(folder: string, suffix = '') {
    const seconds = Math.floor(Date.now() / 1000);
    const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${files++}${suffix}`;
    this.path = join(folder, name);
    try {
      makeFolder(folder);
      this.#file = openSync(this.path, 'wx');
    } catch (cause) {
      throw notWritable(this.path, cause);
    }
    this.#write([field.string(3, 'brain.Event:2')]);
  }

  /** Appends a value of a step. */
  add(tag: string, value: number | Histogram, step: number, description = ''): void {
    const summary = field.bytes(1, summaryValue(tag, value, description));
    this.#write([field.int(2, step), field.bytes(5, summary)]);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(fields: readonly Uint8Array[]): void {
    writeSync(this.#file, record(joined([field.double(1, Date.now() / 1000), ...fields])));
  }
}
