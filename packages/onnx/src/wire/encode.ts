// ONNX' protobuf messages, the subset that this package's models use, written field by field.
// Field numbers are those of onnx.proto (onnx.ai, IR version 9).

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { bytesOf, DTYPES } from '../dtype.ts';
import type { Attribute, Graph, Initializer, Model, Node, Value } from '../model.ts';
import { ATTRIBUTE_TYPE } from './attribute-type.ts';

/** A model as the bytes of an `.onnx` file. */
export function encodeModel(model: Model): Uint8Array {
  const w = new BinaryWriter();
  w.tag(1, WireType.Varint).int64(model.irVersion);
  w.tag(2, WireType.LengthDelimited).string(model.producer);
  message(w, 7, () => writeGraph(w, model.graph));
  const domains = new Set(['']);
  visitNodes(model.graph, (node) => domains.add(node.domain));
  for (const domain of domains) {
    message(w, 8, () => {
      w.tag(1, WireType.LengthDelimited).string(domain);
      w.tag(2, WireType.Varint).int64(domain === '' ? model.opset : 1);
    });
  }
  for (const [key, value] of Object.entries(model.metadata)) {
    message(w, 14, () => {
      w.tag(1, WireType.LengthDelimited).string(key);
      w.tag(2, WireType.LengthDelimited).string(value);
    });
  }
  return w.finish();
}

function visitNodes(graph: Graph, visit: (node: Node) => void): void {
  for (const node of graph.nodes) {
    visit(node);
    for (const attribute of Object.values(node.attributes)) {
      if (attribute.kind === 'graph') visitNodes(attribute.value, visit);
    }
  }
}

function message(w: BinaryWriter, field: number, body: () => void): void {
  w.tag(field, WireType.LengthDelimited).fork();
  body();
  w.join();
}

function writeGraph(w: BinaryWriter, graph: Graph): void {
  for (const node of graph.nodes) message(w, 1, () => writeNode(w, node));
  w.tag(2, WireType.LengthDelimited).string(graph.name);
  for (const init of graph.initializers) message(w, 5, () => writeTensor(w, init));
  for (const value of graph.inputs) message(w, 11, () => writeValueInfo(w, value));
  for (const value of graph.outputs) message(w, 12, () => writeValueInfo(w, value));
}

function writeNode(w: BinaryWriter, node: Node): void {
  for (const name of node.inputs) w.tag(1, WireType.LengthDelimited).string(name);
  for (const name of node.outputs) w.tag(2, WireType.LengthDelimited).string(name);
  w.tag(3, WireType.LengthDelimited).string(node.name);
  w.tag(4, WireType.LengthDelimited).string(node.opType);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(w, 5, () => writeAttribute(w, name, attribute));
  }
  if (node.domain) w.tag(7, WireType.LengthDelimited).string(node.domain);
}

function writeAttribute(w: BinaryWriter, name: string, attribute: Attribute): void {
  w.tag(1, WireType.LengthDelimited).string(name);
  switch (attribute.kind) {
    case 'float':
      w.tag(2, WireType.Bit32).float(attribute.value);
      break;
    case 'int':
      w.tag(3, WireType.Varint).int64(attribute.value);
      break;
    case 'string':
      w.tag(4, WireType.LengthDelimited).string(attribute.value);
      break;
    case 'strings':
      for (const v of attribute.value) w.tag(9, WireType.LengthDelimited).string(v);
      break;
    case 'tensor':
      message(w, 5, () => writeTensor(w, attribute.value));
      break;
    case 'graph':
      message(w, 6, () => writeGraph(w, attribute.value));
      break;
    case 'floats':
      for (const v of attribute.value) w.tag(7, WireType.Bit32).float(v);
      break;
    case 'ints':
      for (const v of attribute.value) w.tag(8, WireType.Varint).int64(v);
      break;
  }
  w.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPE[attribute.kind]);
}

function writeTensor(w: BinaryWriter, tensor: Initializer): void {
  for (const dim of tensor.shape) w.tag(1, WireType.Varint).int64(dim);
  w.tag(2, WireType.Varint).int32(DTYPES[tensor.dtype].code);
  w.tag(8, WireType.LengthDelimited).string(tensor.name);
  w.tag(9, WireType.LengthDelimited).bytes(bytesOf(tensor.data));
}

function writeValueInfo(w: BinaryWriter, value: Value): void {
  w.tag(1, WireType.LengthDelimited).string(value.name);
  message(w, 2, () =>
    message(w, 1, () => {
      w.tag(1, WireType.Varint).int32(DTYPES[value.dtype].code);
      message(w, 2, () => {
        for (const dim of value.shape) {
          message(w, 1, () => {
            if (typeof dim === 'number') w.tag(1, WireType.Varint).int64(dim);
            else w.tag(2, WireType.LengthDelimited).string(dim);
          });
        }
      });
    }),
  );
}
