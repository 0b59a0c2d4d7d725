// Protobuf messages byte by byte, for files that no exporter writes.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A field that holds a message (its fields), a text or bytes. */
export function field(number: number, content: readonly Uint8Array[] | Uint8Array | string): Uint8Array {
  const w = new BinaryWriter().tag(number, WireType.LengthDelimited);
  if (typeof content === 'string') return w.string(content).finish();
  return w.bytes(content instanceof Uint8Array ? content : Buffer.concat(content)).finish();
}

/** A field that holds an integer. */
export const integer = (number: number, value: number): Uint8Array =>
  new BinaryWriter().tag(number, WireType.Varint).int64(value).finish();

/** A model of a graph with these fields, its nodes (1) and initializers (5) among them. */
export const modelOf = (...graph: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([integer(1, 8), field(7, graph), field(8, [integer(2, 17)])]);

/** A node with an input and an output. */
export const node = (opType: string, ...more: readonly Uint8Array[]): Uint8Array =>
  field(1, [field(1, 'x'), field(2, 'y'), field(4, opType), ...more]);
