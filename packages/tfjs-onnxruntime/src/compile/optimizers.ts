// What TensorFlow.js' optimizers keep in JavaScript. Their slots are tf.Variables, but the learning rate is a plain
// number (Adam, RMSprop, …) or a tensor that is replaced (`c` of SGD and momentum), and a count of iterations goes
// into what they save. A compiled step must see each of them change.

import { Optimizer, Tensor, Variable } from '@tensorflow/tfjs-core';

/** An optimizer as a record: which properties it has is its class' affair. */
type Fields = Record<string, unknown>;

const fieldsOf = (optimizer: Optimizer): Fields => optimizer as unknown as Fields;

/** The optimizers that a step has applied, and how often each. */
export type OptimizerUses = ReadonlyMap<Optimizer, number>;

interface Counting {
  incrementIterations(): void;
}

/** Runs `body` and says which optimizers it applied; with `advance` false their count of iterations stays. */
export function watchOptimizers<T>(body: () => T, advance: boolean): { result: T; uses: OptimizerUses } {
  const uses = new Map<Optimizer, number>();
  const prototype = Optimizer.prototype as unknown as Counting;
  const { incrementIterations } = prototype;
  prototype.incrementIterations = function (this: Optimizer) {
    uses.set(this, (uses.get(this) ?? 0) + 1);
    if (advance) incrementIterations.call(this);
  };
  try {
    return { result: body(), uses };
  } finally {
    prototype.incrementIterations = incrementIterations;
  }
}

/** Counts the iterations of a replayed step, in which no optimizer is called. */
export function countIterations(uses: OptimizerUses): void {
  for (const [optimizer, times] of uses) {
    for (let i = 0; i < times; i++) (optimizer as unknown as Counting).incrementIterations();
  }
}

/** An optimizer's own tensors that are no variables, by the property that holds them. */
export function ownTensors(optimizer: Optimizer): { readonly key: string; readonly tensor: Tensor }[] {
  return Object.entries(fieldsOf(optimizer)).flatMap(([key, value]) =>
    value instanceof Tensor && !(value instanceof Variable) ? [{ key, tensor: value }] : [],
  );
}

export const ownTensor = (optimizer: Optimizer, key: string): Tensor => fieldsOf(optimizer)[key] as Tensor;

/** The learning rate where it is a plain number that can be set: others compute it on their own. */
export function plainRate(optimizer: Optimizer): number | undefined {
  const { learningRate } = fieldsOf(optimizer);
  return typeof learningRate === 'number' && Object.hasOwn(optimizer, 'learningRate')
    ? learningRate
    : undefined;
}

/** Runs `body` with other numbers in an optimizer's fields. */
export function withFields<T>(changes: ReadonlyMap<Optimizer, Fields>, body: () => T): T {
  const before = [...changes].map(([optimizer, fields]) => {
    const kept = Object.keys(fields).map((key) => [key, fieldsOf(optimizer)[key]] as const);
    Object.assign(optimizer, fields);
    return { optimizer, kept };
  });
  try {
    return body();
  } finally {
    for (const { optimizer, kept } of before) Object.assign(optimizer, Object.fromEntries(kept));
  }
}

/** All that a step may have read of an optimizer, but for some fields: equal lists, equal steps. */
export function fingerprint(optimizer: Optimizer, except: ReadonlySet<string>): unknown[] {
  const parts: unknown[] = [];
  for (const [key, value] of Object.entries(fieldsOf(optimizer))) {
    if (except.has(key)) continue;
    parts.push(key);
    if (Array.isArray(value)) {
      // Slots: { originalName, variable }.
      for (const item of value) parts.push((item as { variable?: Variable } | undefined)?.variable ?? item);
    } else parts.push(value);
  }
  return parts;
}
