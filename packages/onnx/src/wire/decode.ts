// The messages of encode.ts, read field by field, and what other exporters write in their place.
// Field numbers are those of onnx.proto (onnx.ai, IR version 9).

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { SightlineError } from '@sightline/core';
import { bytesOf, type DType, dataFromBytes, dtypeFromCode, type TensorData } from '../dtype.ts';
import type { Attribute, Dim, Graph, Initializer, Model, Node, Value } from '../model.ts';
import { ATTRIBUTE_TYPE } from './attribute-type.ts';

/** Reads an `.onnx` file's bytes; throws SightlineError where they are no model of the subset above. */
export function decodeModel(bytes: Uint8Array): Model {
  return readOrRefuse(bytes, () => readModel(bytes));
}

/**
 * The metadata of an `.onnx` file's bytes alone, without decoding its graph and weights.
 *
 * @throws SightlineError `decode` if they are not an ONNX model
 */
export function decodeMetadata(bytes: Uint8Array): Record<string, string> {
  const metadata: Record<string, string> = {};
  readOrRefuse(bytes, () => read(bytes, { 14: (r) => readEntry(r, metadata) }));
  return metadata;
}

function readEntry(r: BinaryReader, metadata: Record<string, string>): void {
  let [key, value] = ['', ''];
  read(r.bytes(), { 1: (q) => (key = q.string()), 2: (q) => (value = q.string()) });
  metadata[key] = value;
}

function readOrRefuse<T>(bytes: Uint8Array, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof SightlineError) throw cause;
    throw new SightlineError(
      'decode',
      `These ${bytes.length} bytes are no ONNX model: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

type Fields = Record<number, (r: BinaryReader, wire: WireType) => void>;

function read(bytes: Uint8Array, fields: Fields): void {
  const r = new BinaryReader(bytes);
  while (r.pos < r.len) {
    const [field, wire] = r.tag();
    const handler = fields[field];
    if (handler) handler(r, wire);
    else r.skip(wire, field);
  }
}

/** Repeated numbers come one by one or packed into one run of bytes. */
function repeated(r: BinaryReader, wire: WireType, one: (r: BinaryReader) => number, into: number[]): void {
  if (wire !== WireType.LengthDelimited) {
    into.push(one(r));
    return;
  }
  const packed = new BinaryReader(r.bytes());
  while (packed.pos < packed.len) into.push(one(packed));
}

const int = (r: BinaryReader): number => Number(r.int64());

function readModel(bytes: Uint8Array): Model {
  let graph: Graph | undefined;
  let [opset, irVersion, producer] = [0, 0, ''];
  const metadata: Record<string, string> = {};
  read(bytes, {
    1: (r) => (irVersion = int(r)),
    2: (r) => (producer = r.string()),
    7: (r) => (graph = readGraph(r.bytes())),
    8: (r) => {
      let [domain, version] = ['', 0];
      read(r.bytes(), { 1: (q) => (domain = q.string()), 2: (q) => (version = int(q)) });
      if (domain === '') opset = version;
    },
    14: (r) => readEntry(r, metadata),
  });
  if (!graph) throw new SightlineError('decode', `These ${bytes.length} bytes hold no ONNX graph.`);
  return { graph, opset, irVersion, producer, metadata };
}

function readGraph(bytes: Uint8Array): Graph {
  let name = '';
  const nodes: Node[] = [];
  const initializers: Initializer[] = [];
  const inputs: Value[] = [];
  const outputs: Value[] = [];
  read(bytes, {
    1: (r) => nodes.push(readNode(r.bytes())),
    2: (r) => (name = r.string()),
    5: (r) => initializers.push(readTensor(r.bytes())),
    11: (r) => inputs.push(readValueInfo(r.bytes())),
    12: (r) => outputs.push(readValueInfo(r.bytes())),
  });
  return { name, inputs, outputs, nodes, initializers };
}

function readNode(bytes: Uint8Array): Node {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Record<string, Attribute> = {};
  let [name, opType, domain] = ['', '', ''];
  read(bytes, {
    1: (r) => inputs.push(r.string()),
    2: (r) => outputs.push(r.string()),
    3: (r) => (name = r.string()),
    4: (r) => (opType = r.string()),
    5: (r) => {
      const [key, value] = readAttribute(r.bytes());
      attributes[key] = value;
    },
    7: (r) => (domain = r.string()),
  });
  return { opType, domain, name, inputs, outputs, attributes };
}

function readAttribute(bytes: Uint8Array): [string, Attribute] {
  let [name, type, f, i, s] = ['', 0, 0, 0, ''];
  let graph: Graph | undefined;
  const floats: number[] = [];
  const ints: number[] = [];
  read(bytes, {
    1: (r) => (name = r.string()),
    2: (r) => (f = r.float()),
    3: (r) => (i = int(r)),
    4: (r) => (s = r.string()),
    6: (r) => (graph = readGraph(r.bytes())),
    7: (r, wire) => repeated(r, wire, (q) => q.float(), floats),
    8: (r, wire) => repeated(r, wire, int, ints),
    20: (r) => (type = r.int32()),
  });
  switch (type) {
    case ATTRIBUTE_TYPE.float:
      return [name, { kind: 'float', value: f }];
    case ATTRIBUTE_TYPE.int:
      return [name, { kind: 'int', value: i }];
    case ATTRIBUTE_TYPE.string:
      return [name, { kind: 'string', value: s }];
    case ATTRIBUTE_TYPE.graph:
      return [name, { kind: 'graph', value: graph! }];
    case ATTRIBUTE_TYPE.floats:
      return [name, { kind: 'floats', value: floats }];
    case ATTRIBUTE_TYPE.ints:
      return [name, { kind: 'ints', value: ints }];
    default:
      throw new SightlineError('decode', `Attribute ${name} has type ${type}, which is not read here.`);
  }
}

function readTensor(bytes: Uint8Array): Initializer {
  const shape: number[] = [];
  let [name, type] = ['', 0];
  let raw: Uint8Array = new Uint8Array(0);
  // Elements are bytes as they lie in memory, or numbers of a field for their type.
  const floats: number[] = [];
  const ints: number[] = [];
  read(bytes, {
    1: (r, wire) => repeated(r, wire, int, shape),
    2: (r) => (type = r.int32()),
    4: (r, wire) => {
      // A packed run of float32 is its bytes as well: a hundred million are not read one by one.
      if (wire === WireType.LengthDelimited) raw = r.bytes();
      else floats.push(r.float());
    },
    5: (r, wire) => repeated(r, wire, int, ints),
    7: (r, wire) => repeated(r, wire, int, ints),
    8: (r) => (name = r.string()),
    9: (r) => (raw = r.bytes()),
  });
  const dtype = dtypeFromCode(type);
  const data = dataFromBytes(raw.length > 0 ? raw : bytesOf(fromNumbers(dtype, floats, ints)), dtype);
  if (data.length !== shape.reduce((a, b) => a * b, 1)) {
    throw new SightlineError(
      'decode',
      `The tensor ${name} of shape [${shape}] holds ${data.length} elements.`,
    );
  }
  return { name, dtype, shape, data };
}

/** The elements that TensorProto's `float_data`, `int32_data` or `int64_data` hold (float16 as its bits). */
function fromNumbers(dtype: DType, floats: readonly number[], ints: readonly number[]): TensorData {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(floats);
    case 'float64':
      return new Float64Array(0);
    case 'float16':
      return Uint16Array.from(ints);
    case 'int8':
      return Int8Array.from(ints);
    case 'int32':
      return Int32Array.from(ints);
    case 'int64':
      return BigInt64Array.from(ints, BigInt);
    default:
      return Uint8Array.from(ints);
  }
}

function readValueInfo(bytes: Uint8Array): Value {
  let name = '';
  let type = 0;
  const shape: Dim[] = [];
  const dim = (r: BinaryReader) => {
    let value: Dim = '?';
    read(r.bytes(), { 1: (q) => (value = int(q)), 2: (q) => (value = q.string()) });
    shape.push(value);
  };
  const tensor: Fields = { 1: (r) => (type = r.int32()), 2: (r) => read(r.bytes(), { 1: dim }) };
  read(bytes, {
    1: (r) => (name = r.string()),
    2: (r) => read(r.bytes(), { 1: (q) => read(q.bytes(), tensor) }),
  });
  return { name, dtype: dtypeFromCode(type), shape };
}
