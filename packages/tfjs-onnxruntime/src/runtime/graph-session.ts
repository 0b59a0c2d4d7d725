// Sessions of lowered programs, the one place where the engine opens any, and what they hold in memory.
//
// A session keeps its graph and constants, and an *arena*: memory of its own for values between nodes, kept from one
// run to the next. It makes a session faster (its pages are touched already) and large. So sessions get one while all
// arenas together stay within a budget; others take their memory from the process' allocator, which they share, and give
// it back after each run.

import { mkdirSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { DTYPES, encodeModel, type Model, type Value } from '@sightline/onnx';
import { Session, type SessionOptions } from '@sightline/ort';
import { sizeFromShape } from '../graph/buffer.ts';
import type { LoweredProgram } from '../graph/lower-program.ts';

const MB = 2 ** 20;

/** Of this process, which may be less than the machine has. */
const memoryLimit = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);

/**
 * Bytes that arenas may take in all, and that a cache of sessions may hold. Calls as they come may have new shapes each
 * time, and a program may never stop making them. Compiled steps are few, and each runs thousands of times.
 */
export const BUDGETS = {
  eager: { arenas: 32 * MB, bytes: 512 * MB, bytesUsedOnce: 64 * MB },
  step: { arenas: memoryLimit / 4, bytes: memoryLimit / 4 },
} as const;

/**
 * So much in one session is better kept in an arena, which is given back as a whole: what the process' allocator takes
 * for it leaves holes that stay with the process.
 */
export const LARGE = 256 * MB;

/** Bytes that ONNX Runtime keeps for a node and for a session: resident memory over 250 sessions of 57,000 nodes. */
const NODE_BYTES = 7_500;
const SESSION_BYTES = 100_000;
/** Constants are held twice for a while: in the model and as tensors. */
const CONSTANT_COPIES = 2;

const total = { sessions: 0, bytes: 0, arenas: 0 };

/** All sessions of this process that are open: how many, and what they hold in bytes (an estimate). */
export const sessionTotals = (): { readonly sessions: number; readonly bytes: number } => ({
  sessions: total.sessions,
  bytes: total.bytes,
});

/** A session of a lowered program. */
export class GraphSession extends Session {
  /** What it holds between its runs, estimated. */
  readonly bytes: number;
  readonly #arena: number;
  #isOpen = true;

  constructor(model: Uint8Array, options: SessionOptions, sizes: { graph: number; arena: number }) {
    super(model, { workload: 'training', ...options });
    this.#arena = sizes.arena;
    this.bytes = sizes.graph + sizes.arena;
    total.sessions++;
    total.bytes += this.bytes;
    total.arenas += this.#arena;
  }

  override dispose(): void {
    super.dispose();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    total.sessions--;
    total.bytes -= this.bytes;
    total.arenas -= this.#arena;
  }
}

let dumped = 0;

/**
 * Opens a session for a lowered program; with an arena where all of them together stay below so many bytes.
 * `SIGHTLINE_DUMP=DIR` keeps each model as `DIR/NAME-PROCESS-N.onnx`.
 */
export function openSession(
  { model, values }: Pick<LoweredProgram, 'model' | 'values'>,
  options: SessionOptions,
  arenas: number = BUDGETS.step.arenas,
): GraphSession {
  const bytes = encodeModel(model);
  const folder = process.env.SIGHTLINE_DUMP;
  if (folder) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${model.graph.name}-${process.pid}-${dumped++}.onnx`), bytes);
  }
  const working = workingBytes(model, values);
  const limit = working >= LARGE ? BUDGETS.step.arenas : arenas;
  const arena = total.arenas + working <= limit;
  const graph = SESSION_BYTES + NODE_BYTES * model.graph.nodes.length + CONSTANT_COPIES * bytes.length;
  return new GraphSession(bytes, { ...options, arena }, { graph, arena: arena ? working : 0 });
}

/** Operators whose result is their first input in another shape, in the same memory. */
const IN_PLACE = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);

/**
 * The most bytes that the values between nodes take at once, when nodes run in their order and each value is freed
 * after its last reader.
 */
export function workingBytes({ graph }: Model, values: readonly Value[]): number {
  const sizes = new Map(values.map((value) => [value.name, bytesOf(value)]));
  const homes = new Map<string, string>();
  const homeOf = (name: string): string => homes.get(name) ?? name;
  for (const { opType, inputs, outputs } of graph.nodes) {
    if (IN_PLACE.has(opType)) homes.set(outputs[0]!, homeOf(inputs[0]!));
  }
  const lastRead = new Map<string, number>();
  graph.nodes.forEach(({ inputs, outputs }, at) => {
    for (const name of [...inputs, ...outputs]) lastRead.set(homeOf(name), at);
  });
  const freed = Map.groupBy(lastRead.keys(), (name) => lastRead.get(name)!);
  let [now, most] = [0, 0];
  graph.nodes.forEach(({ opType, outputs }, at) => {
    if (!IN_PLACE.has(opType)) for (const name of outputs) now += sizes.get(name) ?? 0;
    most = Math.max(most, now);
    for (const name of freed.get(at) ?? []) now -= sizes.get(name) ?? 0;
  });
  return most;
}

const bytesOf = ({ dtype, shape }: Value): number => DTYPES[dtype].bytes * sizeFromShape(shape as number[]);
