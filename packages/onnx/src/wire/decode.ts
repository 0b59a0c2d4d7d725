// The messages of encode.ts, and what other exporters write in their place. Field numbers are those of onnx.proto
// (onnx.ai, IR version 13).

import { WireType } from '@bufbuild/protobuf/wire';
import { isSightlineError, reasonOf, SightlineError } from '@sightline/core';
import { bytesOf, type DType, dataFromBytes, dtypeFromCode, type TensorData } from '../dtype.ts';
import type { Attribute, Dim, Graph, Initializer, Model, Node, Value } from '../model.ts';
import { ATTRIBUTE_TYPE } from './attribute-type.ts';
import {
  bytes,
  doubles,
  type Fields,
  float,
  floats,
  ignored,
  int,
  ints,
  once,
  Refusal,
  readFields,
  refused,
  text,
} from './fields.ts';

/** Graphs in graphs, as branches of If have them. Exporters nest one or two; parsers for C++ recurse for each. */
const DEEPEST_GRAPH = 8;
/** Axes of a tensor. NumPy has 64 at most, and images with their channels, batches and patches need 6. */
const MOST_AXES = 16;

const EXTERNAL = refused(
  'tensors in other files',
  'Save it as one file with Python: onnx.save(onnx.load(path), path).',
);

/**
 * Reads an `.onnx` file's bytes. Nothing is skipped but documentation: local functions, training graphs, sparse tensors and
 * tensors in other files are refused, and so are fields that ONNX lacks.
 *
 * @param where what messages call it
 * @throws SightlineError `decode` if the bytes are no whole model, `unsupported` or `dtype` for one that is not read
 */
export function decodeModel(file: Uint8Array, where = 'The ONNX file'): Model {
  try {
    return readModel(file);
  } catch (cause) {
    if (cause instanceof Refusal) {
      const { code, message, hint } = cause;
      throw new SightlineError(
        code,
        `${where} ${message}.`,
        hint === undefined ? { cause } : { cause, hint },
      );
    }
    if (isSightlineError(cause)) {
      throw new SightlineError(
        cause.code,
        `${where} is not an ONNX model that is read here. ${cause.message}`,
        {
          cause,
        },
      );
    }
    throw new SightlineError('decode', `${where} is not a whole ONNX model: ${reasonOf(cause)}.`, { cause });
  }
}

function readModel(file: Uint8Array): Model {
  let graph: Graph | undefined;
  let [opset, irVersion, producer] = [0, 0, ''];
  const metadata: Record<string, string> = Object.create(null);
  readFields('model', file, {
    1: int((value) => (irVersion = value)),
    2: text((value) => (producer = value)),
    3: ignored, // producer_version
    4: ignored, // domain
    5: ignored, // model_version
    6: ignored, // doc_string
    7: once((value) => (graph = readGraph(value, 0))),
    8: bytes((value) => {
      let [domain, version] = ['', 0];
      readFields('opset', value, { 1: text((v) => (domain = v)), 2: int((v) => (version = v)) });
      if (domain === '' || domain === 'ai.onnx') opset = version;
    }),
    14: bytes((value) => {
      let [key, word] = ['', ''];
      readFields('metadata', value, { 1: text((v) => (key = v)), 2: text((v) => (word = v)) });
      metadata[key] = word;
    }),
    20: refused('graphs for training'),
    25: refused(
      'local functions',
      'Inline them with Python: onnx.save(onnx.inliner.inline_local_functions(onnx.load(path)), path).',
    ),
    26: ignored, // configuration, of several devices
  });
  if (!graph) throw new Error(`its ${file.length} bytes hold no graph`);
  return { graph, opset, irVersion, producer, metadata: { ...metadata } };
}

function readGraph(file: Uint8Array, depth: number): Graph {
  if (depth > DEEPEST_GRAPH)
    throw new Refusal('unsupported', `has graphs in graphs, over ${DEEPEST_GRAPH} deep`);
  let name = '';
  const nodes: Node[] = [];
  const initializers: Initializer[] = [];
  const inputs: Value[] = [];
  const outputs: Value[] = [];
  readFields('graph', file, {
    1: bytes((value) => nodes.push(readNode(value, depth))),
    2: text((value) => (name = value)),
    5: bytes((value) => initializers.push(readTensor(value))),
    10: ignored, // doc_string
    11: bytes((value) => inputs.push(readValue(value))),
    12: bytes((value) => outputs.push(readValue(value))),
    // Shapes and types of what lies between, which are inferred anyway: read to refuse what is no tensor.
    13: bytes((value) => readValueInfo(value)),
    14: ignored, // quantization_annotation
    15: refused('sparse tensors'),
    16: ignored, // metadata_props
  });
  return { name, inputs, outputs, nodes, initializers };
}

function readNode(file: Uint8Array, depth: number): Node {
  const inputs: string[] = [];
  const outputs: string[] = [];
  // Without a prototype: names are a stranger's, `__proto__` among them.
  const attributes: Record<string, Attribute> = Object.create(null);
  let [name, opType, domain] = ['', '', ''];
  readFields('node', file, {
    1: text((value) => inputs.push(value)),
    2: text((value) => outputs.push(value)),
    3: text((value) => (name = value)),
    4: text((value) => (opType = value)),
    5: bytes((value) => {
      const [key, attribute] = readAttribute(value, depth);
      attributes[key] = attribute;
    }),
    6: ignored, // doc_string
    7: text((value) => (domain = value)),
    8: ignored, // overload, of a function
    9: ignored, // metadata_props
    10: ignored, // device_configurations
  });
  return { opType, domain, name, inputs, outputs, attributes: { ...attributes } };
}

function readAttribute(file: Uint8Array, depth: number): [string, Attribute] {
  let [name, type, f, i, s] = ['', 0, 0, 0, ''];
  let graph: Graph | undefined;
  let tensor: Initializer | undefined;
  const [manyFloats, manyInts, strings]: [number[], number[], string[]] = [[], [], []];
  readFields('attribute', file, {
    1: text((value) => (name = value)),
    2: float((value) => (f = value)),
    3: int((value) => (i = value)),
    4: text((value) => (s = value)),
    5: once((value) => (tensor = readTensor(value))),
    6: once((value) => (graph = readGraph(value, depth + 1))),
    7: floats(manyFloats),
    8: ints(manyInts),
    9: text((value) => strings.push(value)),
    10: refused('attributes of several tensors'),
    11: refused('attributes of several graphs'),
    13: ignored, // doc_string
    14: refused('attributes that are types'),
    15: refused('attributes that are types'),
    20: int((value) => (type = value)),
    21: refused('attributes of local functions'),
    22: refused('sparse tensors'),
    23: refused('sparse tensors'),
  });
  const attribute = attributeOf(type, { f, i, s, tensor, graph, manyFloats, manyInts, strings });
  // A second value beside the one of its type would be read by nobody here, and perhaps by ONNX Runtime.
  const isHidden = (graph && attribute?.kind !== 'graph') || (tensor && attribute?.kind !== 'tensor');
  if (!attribute || isHidden) {
    throw new Error(`its attribute ${name} holds no value of its type ${type}`);
  }
  return [name, attribute];
}

interface AttributeValues {
  readonly f: number;
  readonly i: number;
  readonly s: string;
  readonly tensor: Initializer | undefined;
  readonly graph: Graph | undefined;
  readonly manyFloats: readonly number[];
  readonly manyInts: readonly number[];
  readonly strings: readonly string[];
}

function attributeOf(type: number, values: AttributeValues): Attribute | undefined {
  switch (type) {
    case ATTRIBUTE_TYPE.float:
      return { kind: 'float', value: values.f };
    case ATTRIBUTE_TYPE.int:
      return { kind: 'int', value: values.i };
    case ATTRIBUTE_TYPE.string:
      return { kind: 'string', value: values.s };
    case ATTRIBUTE_TYPE.tensor:
      return values.tensor && { kind: 'tensor', value: values.tensor };
    case ATTRIBUTE_TYPE.graph:
      return values.graph && { kind: 'graph', value: values.graph };
    case ATTRIBUTE_TYPE.floats:
      return { kind: 'floats', value: values.manyFloats };
    case ATTRIBUTE_TYPE.ints:
      return { kind: 'ints', value: values.manyInts };
    case ATTRIBUTE_TYPE.strings:
      return { kind: 'strings', value: values.strings };
    default:
      return undefined;
  }
}

function readTensor(file: Uint8Array): Initializer {
  const shape: number[] = [];
  let [name, type] = ['', 0];
  let raw: Uint8Array | undefined;
  const setRaw = (value: Uint8Array) => {
    if (raw) throw new Error('a tensor has its elements twice');
    raw = value;
  };
  // Elements are bytes as they lie in memory, or numbers in the field of their type.
  const numbers: number[] = [];
  readFields('tensor', file, {
    1: ints(shape),
    2: int((value) => (type = value)),
    3: refused('tensors in segments'),
    // A packed run of float32 is its bytes as well: a hundred million are not read one by one.
    4: (r, wire) => (wire === WireType.LengthDelimited ? setRaw(r.bytes()) : floats(numbers)(r, wire)),
    5: ints(numbers),
    6: refused('tensors of text'),
    7: ints(numbers),
    8: text((value) => (name = value)),
    9: bytes(setRaw),
    10: doubles(numbers),
    11: refused('tensors of unsigned integers of 64 bits'),
    12: ignored, // doc_string
    13: EXTERNAL,
    14: (r, wire) => int((place) => place !== 0 && EXTERNAL(r, wire))(r, wire),
    16: ignored, // metadata_props
  });
  const dtype = dtypeFromCode(type);
  if (raw && numbers.length > 0) throw new Error(`the tensor ${name} has its elements twice`);
  checkAxes(shape);
  const data = dataFromBytes(raw ?? bytesOf(fromNumbers(dtype, numbers)), dtype);
  const isSize = (size: number) => Number.isSafeInteger(size) && size >= 0;
  if (!shape.every(isSize) || data.length !== shape.reduce((a, b) => a * b, 1)) {
    throw new Error(`the tensor ${name} of shape [${shape}] holds ${data.length} elements`);
  }
  return { name, dtype, shape, data };
}

function checkAxes({ length }: readonly unknown[]): void {
  if (length > MOST_AXES)
    throw new Refusal('unsupported', `has tensors of ${length} axes, over ${MOST_AXES}`);
}

/** The elements that `float_data`, `int32_data`, `int64_data` or `double_data` hold (float16 as its bits). */
function fromNumbers(dtype: DType, numbers: readonly number[]): TensorData {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(numbers);
    case 'float64':
      return Float64Array.from(numbers);
    case 'float16':
      return Uint16Array.from(numbers);
    case 'int8':
      return Int8Array.from(numbers);
    case 'int32':
      return Int32Array.from(numbers);
    case 'int64':
      return BigInt64Array.from(numbers, BigInt);
    default:
      return Uint8Array.from(numbers);
  }
}

function readValue(file: Uint8Array): Value {
  const { name, type, shape } = readValueInfo(file);
  return { name, dtype: dtypeFromCode(type), shape };
}

function readValueInfo(file: Uint8Array): { name: string; type: number; shape: Dim[] } {
  let name = '';
  let type = 0;
  const shape: Dim[] = [];
  const dim = (value: Uint8Array) => {
    let size: Dim = '?';
    // Some exporters write -1 for a size that is known only when the model runs.
    readFields('dimension', value, {
      1: int((v) => (size = v < 0 ? '?' : v)),
      2: text((v) => (size = v)),
      3: ignored, // denotation
    });
    shape.push(size);
  };
  const tensor: Fields = {
    1: int((value) => (type = value)),
    2: bytes((value) => readFields('shape', value, { 1: bytes(dim) })),
  };
  readFields('value', file, {
    1: text((value) => (name = value)),
    2: bytes((value) => {
      readFields('type', value, {
        1: bytes((v) => readFields('tensor type', v, tensor)),
        4: refused('sequences of tensors'),
        5: refused('maps'),
        6: ignored, // denotation
        8: refused('sparse tensors'),
        9: refused('optional values'),
      });
    }),
    3: ignored, // doc_string
    4: ignored, // metadata_props
  });
  checkAxes(shape);
  return { name, type, shape };
}
