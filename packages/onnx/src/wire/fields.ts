// Protobuf messages, read field by field and strictly: a field that the table does not name, or that comes in another
// form, is refused. ONNX Runtime reads the same bytes after us, and what was skipped here it might follow.

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { ErrorCode } from '@sightline/core';

/** Why bytes are no model that is read here: the end of a sentence that begins with the file's name. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

type ReadField = (r: BinaryReader, wire: WireType) => void;

/** How to read each field of a message, by its number in onnx.proto. */
export type Fields = Readonly<Record<number, ReadField>>;

/** Reads a message; its name is for errors. */
export function readFields(message: string, bytes: Uint8Array, fields: Fields): void {
  const r = new BinaryReader(bytes);
  while (r.pos < r.len) {
    const [field, wire] = r.tag();
    const readField = fields[field];
    if (!readField) throw new Error(`its ${message} has a field ${field}, which ONNX lacks`);
    readField(r, wire);
  }
  if (r.pos > r.len) throw new Error(`its ${message} is cut off`);
}

const as = (expected: WireType, readField: (r: BinaryReader) => void): ReadField => {
  return (r, wire) => {
    if (wire !== expected) throw new Error(`a field of kind ${wire} in place of ${expected}`);
    readField(r);
  };
};

export const text = (use: (value: string) => void): ReadField =>
  as(WireType.LengthDelimited, (r) => use(r.string()));

export const bytes = (use: (value: Uint8Array) => void): ReadField =>
  as(WireType.LengthDelimited, (r) => use(r.bytes()));

/** A message in a field that may come once: parsers for C++ merge a second one into the first. */
export const once = (use: (value: Uint8Array) => void): ReadField => {
  let isRead = false;
  return bytes((value) => {
    if (isRead) throw new Error('a message that may come once comes twice');
    isRead = true;
    use(value);
  });
};

const toInt = (r: BinaryReader): number => Number(r.int64());

export const int = (use: (value: number) => void): ReadField => as(WireType.Varint, (r) => use(toInt(r)));

export const float = (use: (value: number) => void): ReadField => as(WireType.Bit32, (r) => use(r.float()));

/** Numbers that come one by one, or packed into one run of bytes. */
const repeated = (alone: WireType, one: (r: BinaryReader) => number, into: number[]): ReadField => {
  return (r, wire) => {
    if (wire === alone) {
      into.push(one(r));
      return;
    }
    if (wire !== WireType.LengthDelimited) throw new Error(`a field of kind ${wire} in place of ${alone}`);
    const packed = new BinaryReader(r.bytes());
    while (packed.pos < packed.len) into.push(one(packed));
  };
};

export const ints = (into: number[]): ReadField => repeated(WireType.Varint, toInt, into);
export const floats = (into: number[]): ReadField => repeated(WireType.Bit32, (r) => r.float(), into);
export const doubles = (into: number[]): ReadField => repeated(WireType.Bit64, (r) => r.double(), into);

/** What says nothing about the computation: documentation, and names for people. */
export const ignored: ReadField = (r, wire) => {
  if (wire === WireType.StartGroup) throw new Error('a group, which ONNX has none of');
  r.skip(wire);
};

/** A part of ONNX that is not read. */
export const refused = (what: string, hint?: string): ReadField => {
  return () => {
    throw new Refusal('unsupported', `has ${what}`, hint);
  };
};
