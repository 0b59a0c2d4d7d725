// Splits the end of a program off as update kernels: the calls that compute new values of variables element by
// element, and that nothing else reads. What these need of the rest, gradients and scalars, are outputs of the program
// that is left.

import type { TensorSpec } from '../graph/buffer.ts';
import type { Program, Step } from '../graph/capture.ts';
import { inputOf, ProgramGraph, sameShape } from '../graph/rewrite/program-graph.ts';
import {
  type Instruction,
  isUpdateOperator,
  OPERANDS,
  type Operand,
  type UpdateKernel,
} from './update-kernel.ts';

/** An array of a kernel: a variable by its position among those that the program writes, or an output of the program. */
export type UpdateArray = { readonly written: number } | { readonly output: number };

export interface Update {
  readonly kernel: UpdateKernel;
  readonly shape: readonly number[];
  readonly arrays: readonly UpdateArray[];
  /** The outputs of the program that hold the scalars. */
  readonly scalars: readonly number[];
}

export interface SplitProgram {
  /** Its outputs: the results, then the variables that are left (`kept`), then what updates need. */
  readonly program: Program;
  /** Positions, among the variables that were written, of those that the program still writes. */
  readonly kept: readonly number[];
  readonly updates: readonly Update[];
}

/**
 * Splits a program whose outputs are `results` results and then the new values of variables; `oldValue` gives the
 * slot of a written variable's old value, where the program reads that. `undefined` where there is nothing to split off.
 */
export function splitUpdates(
  program: Program,
  results: number,
  oldValue: (written: number) => number | undefined,
): SplitProgram | undefined {
  const graph = new ProgramGraph(program);
  const news = program.outputs.slice(results);
  const tail = findTail(graph, new Set(program.outputs.slice(0, results)), news);
  if (tail.size === 0) return undefined;

  const made = new Set([...tail].map((step) => step.outputs[0]!));
  const updated: Updated[] = [];
  const kept: number[] = [];
  news.forEach((slot, written) => {
    if (made.has(slot)) updated.push({ written, now: slot, before: oldValue(written) });
    else kept.push(written);
  });
  const outputs = [...program.outputs.slice(0, results), ...kept.map((written) => news[written]!)];
  const own = outputs.length;
  /** An output of its own for a slot: results and variables have arrays of their own. */
  const outputOf = (slot: number): number => {
    const at = outputs.indexOf(slot, own);
    return at >= 0 ? at : outputs.push(slot) - 1;
  };
  const updates = groups(graph, tail, updated).map((steps) => updateOf(graph, steps, updated, outputOf));
  return {
    program: { ...program, steps: program.steps.filter((step) => !tail.has(step)), outputs },
    kept,
    updates,
  };
}

/** A variable that an update writes, and the slots of its values. */
interface Updated {
  readonly written: number;
  readonly now: number;
  readonly before: number | undefined;
}

const isScalar = ({ shape }: TensorSpec): boolean => shape.length === 0;

/** The steps that lead to nothing but new values of variables, element by element. */
function findTail(graph: ProgramGraph, results: ReadonlySet<number>, news: readonly number[]): Set<Step> {
  const tail = new Set<Step>();
  const fits = (step: Step): boolean => {
    const [out] = step.outputs as [number];
    const spec = step.type.outputs[0]!;
    if (step.outputs.length !== 1 || spec.dtype !== 'float32' || isScalar(spec)) return false;
    if (!isUpdateOperator(step.type.kernel) || results.has(out)) return false;
    const operandsFit = step.inputs.every((slot) => {
      const operand = graph.spec(slot);
      return operand.dtype === 'float32' && (isScalar(operand) || sameShape(operand, spec));
    });
    const uses = news.filter((slot) => slot === out).length;
    return operandsFit && uses <= 1 && graph.readers(out).every((reader) => tail.has(reader));
  };
  for (const step of graph.program.steps.toReversed()) if (fits(step)) tail.add(step);
  return tail;
}

/** Steps that share an array stay together: one may write what another reads. */
function groups(graph: ProgramGraph, tail: ReadonlySet<Step>, updated: readonly Updated[]): Step[][] {
  const parent = new Map<number, number>();
  const find = (slot: number): number => {
    let root = slot;
    for (let next = parent.get(root); next !== undefined; next = parent.get(root)) root = next;
    return root;
  };
  const join = (a: number, b: number) => {
    const [x, y] = [find(a), find(b)];
    if (x !== y) parent.set(x, y);
  };
  // The tail was found from its end.
  const steps = [...tail].reverse();
  for (const step of steps) {
    for (const slot of step.inputs) if (!isScalar(graph.spec(slot))) join(slot, step.outputs[0]!);
  }
  for (const { before, now } of updated) if (before !== undefined) join(before, now);
  const byRoot = new Map<number, Step[]>();
  for (const step of steps) {
    const root = find(step.outputs[0]!);
    const group = byRoot.get(root);
    if (group) group.push(step);
    else byRoot.set(root, [step]);
  }
  return [...byRoot.values()];
}

function updateOf(
  graph: ProgramGraph,
  steps: readonly Step[],
  updated: readonly Updated[],
  outputOf: (slot: number) => number,
): Update {
  const arrays: UpdateArray[] = [];
  const scalars: number[] = [];
  const known = new Map<number, Operand>();
  const instructions: Instruction[] = [];
  const arrayAt = (array: UpdateArray): number => {
    const key = JSON.stringify(array);
    const at = arrays.findIndex((other) => JSON.stringify(other) === key);
    return at >= 0 ? at : arrays.push(array) - 1;
  };
  const numbers = new Map(graph.program.constants.map(({ slot, elements }) => [slot, elements]));
  const operandOf = (slot: number): Operand => {
    const variable = updated.find(({ before }) => before === slot);
    if (variable) return { array: arrayAt({ written: variable.written }) };
    if (!isScalar(graph.spec(slot))) return { array: arrayAt({ output: outputOf(slot) }) };
    const constant = numbers.get(slot);
    if (constant) return { number: constant[0]! };
    const output = outputOf(slot);
    const at = scalars.indexOf(output);
    return { scalar: at >= 0 ? at : scalars.push(output) - 1 };
  };
  for (const step of steps) {
    const operator = step.type.kernel as Instruction['operator'];
    const operands = (OPERANDS[operator] === 2 ? ['a', 'b'] : ['x']).map((name) => {
      const slot = inputOf(step, name)!;
      const operand = known.get(slot) ?? operandOf(slot);
      known.set(slot, operand);
      return operand;
    });
    known.set(step.outputs[0]!, { result: instructions.push({ operator, operands }) - 1 });
  }
  const stores = updated.flatMap(({ written, now }) => {
    const operand = known.get(now);
    return operand && 'result' in operand ? [{ array: arrayAt({ written }), operand }] : [];
  });
  return {
    kernel: { arrays: arrays.length, scalars: scalars.length, instructions, stores },
    shape: steps[0]!.type.outputs[0]!.shape,
    arrays,
    scalars,
  };
}
