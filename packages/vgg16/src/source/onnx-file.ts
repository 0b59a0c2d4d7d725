// Reads an ONNX file without its largest tensors. It is a protobuf message: fields, each a number and a kind of value in
// one varint, then (where the kind is 2) a length and as many bytes. Field 7 of a model is its graph, and field 5 of a
// graph a tensor. https://protobuf.dev/programming-guides/encoding

import { type FileHandle, open } from 'node:fs/promises';
import { SightlineError } from '@sightline/core';
import { unreadable } from './source.ts';

const [GRAPH, TENSOR] = [7, 5];
/** The bytes of a value by its kind; 0 is a varint, 2 has a length before it. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
/** Two varints are not longer. */
const HEAD = 20;

interface Field {
  readonly number: number;
  readonly start: number;
  /** Where what it holds begins, and where it ends. */
  readonly body: number;
  readonly end: number;
}

function varint(bytes: Uint8Array, at: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let i = at; i < bytes.length; i++) {
    value += (bytes[i]! & 0x7f) * 2 ** (7 * (i - at));
    if (bytes[i]! < 0x80) return { value, next: i + 1 };
  }
  return undefined;
}

function parseHead(bytes: Uint8Array, start: number): Field | undefined {
  const tag = varint(bytes, 0);
  if (!tag) return undefined;
  const [number, kind] = [Math.floor(tag.value / 8), tag.value % 8];
  const value = kind === 0 || kind === 2 ? varint(bytes, tag.next) : undefined;
  const length = kind === 2 ? value?.value : kind === 0 ? 0 : FIXED[kind];
  if (number === 0 || length === undefined || (kind === 0 && !value)) return undefined;
  const body = start + (value?.next ?? tag.next);
  return { number, start, body, end: body + length };
}

/** The fields that lie between two places of a file. */
async function fieldsOf(file: FileHandle, from: number, to: number): Promise<Field[]> {
  const fields: Field[] = [];
  const head = new Uint8Array(HEAD);
  for (let at = from; at < to; at = fields.at(-1)!.end) {
    const { bytesRead } = await file.read(head, 0, Math.min(HEAD, to - at), at);
    const field = parseHead(head.subarray(0, bytesRead), at);
    if (!field) throw new Error(`at byte ${at} there is no field`);
    if (field.end > to)
      throw new Error(`what begins at byte ${at} ends at ${field.end}, after the end ${to}`);
    fields.push(field);
  }
  return fields;
}

function encodeVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

/**
 * The bytes of an ONNX model that lacks the tensors of more than `longest` bytes: those are not read.
 *
 * @throws SightlineError `weights` where the file is none, or is cut off
 */
export async function readOnnxFile(path: string, longest = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const file = await open(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  try {
    const { size } = await file.stat();
    const model = await fieldsOf(file, 0, size);
    const graph = model.find(({ number }) => number === GRAPH);
    if (!graph) throw new Error(`its ${size} bytes hold no graph`);
    const isKept = ({ number, body, end }: Field) => number !== TENSOR || end - body <= longest;
    const inGraph = (await fieldsOf(file, graph.body, graph.end)).filter(isKept);
    const around = model.filter((field) => field !== graph);
    const length = ({ start, end }: Field) => end - start;
    const graphLength = inGraph.reduce((sum, field) => sum + length(field), 0);
    const graphHead = [GRAPH * 8 + 2, ...encodeVarint(graphLength)];
    const rest = around.reduce((sum, field) => sum + length(field), 0);
    const bytes = new Uint8Array(rest + graphHead.length + graphLength);
    let at = 0;
    const append = async (fields: readonly Field[]) => {
      for (const field of fields) {
        await file.read(bytes, at, length(field), field.start);
        at += length(field);
      }
    };
    await append(around);
    bytes.set(graphHead, at);
    at += graphHead.length;
    await append(inGraph);
    return bytes;
  } catch (cause) {
    const why = (cause as Error).message;
    throw new SightlineError('weights', `${path} is not a whole ONNX file: ${why}. Fetch it again.`, {
      cause,
    });
  } finally {
    await file.close();
  }
}
