// Drawn steps that share values every way there is (variables assigned to each other, clones, reshapes, inputs that were a
// variable's value), with drawn work between them: compiled, each gives what the cpu backend gives uncompiled.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { it } from 'vitest';
import { compile } from '../index.ts';
import { DRAWN, expectClose } from '../testing/against-cpu.ts';
import { numbers } from '../testing/numbers.ts';

const STEPS = 8;
const SHAPE: [number, number] = [2, 3];
const VARIABLES = 3;

// All bounded, so that a value tells where it comes from however often it is taken on.
const OPS: ((a: tf.Tensor, b: tf.Tensor) => tf.Tensor)[] = [
  (a) => tf.clone(a),
  (a) => tf.reshape(tf.reshape(a, [3, 2]), SHAPE),
  (a) => tf.transpose(tf.transpose(a)),
  (a) => tf.concat([tf.slice(a, [1, 0], [1, 3]), tf.slice(a, [0, 0], [1, 3])]),
  (a) => tf.mul(a, -0.9),
  (a, b) => tf.sub(tf.mul(a, 0.75), tf.mul(b, 0.25)),
  (a, b) => tf.where(tf.greater(a, b), a, tf.mul(b, 0.5)),
  (a, b) => tf.tanh(tf.add(a, tf.sum(b))),
];

const place = fc.nat({ max: 30 });
const variable = fc.nat({ max: VARIABLES - 1 });
const instruction = fc.oneof(
  fc.record({ assign: variable, from: place }),
  fc.record({ op: fc.nat({ max: OPS.length - 1 }), a: place, b: place }),
);
/** Between two steps: a variable is assigned to another, or computed anew, or its value is kept. */
const event = fc.record({
  kind: fc.constantFrom('assign' as const, 'compute' as const, 'keep' as const, 'view' as const),
  a: variable,
  b: variable,
});
const drawnProgram = fc.record({
  instructions: fc.array(instruction, { minLength: 2, maxLength: 9 }),
  between: fc.array(fc.array(event, { maxLength: 2 }), { minLength: STEPS, maxLength: STEPS }),
  /** The variable that each step is given a clone of, or none. */
  given: fc.array(fc.option(variable), { minLength: STEPS, maxLength: STEPS }),
  /** What the step reads from its closure: a clone, or a view, of a variable. */
  closure: fc.record({ of: variable, isView: fc.boolean() }),
  results: fc.tuple(place, place),
});
type Drawn = typeof drawnProgram extends fc.Arbitrary<infer T> ? T : never;

const drawnTensor = (seed: number) => tf.tensor2d(numbers(6, seed), SHAPE) as tf.Tensor;
const view = (x: tf.Tensor) => tf.reshape(x, [6]);

/** All that a program gives and holds, in order. */
async function follow(backend: string, drawn: Drawn): Promise<Float32Array> {
  await tf.setBackend(backend);
  tf.disposeVariables();
  const variables = Array.from({ length: VARIABLES }, (_, i) => tf.variable(drawnTensor(i + 1)));
  const source = variables[drawn.closure.of]!;
  const closure = drawn.closure.isView ? tf.reshape(view(source), SHAPE) : tf.clone(source);
  const assign = (to: tf.Variable, from: tf.Tensor) => {
    // TensorFlow.js frees the value of a variable that is assigned to itself.
    if (to !== from) to.assign(from);
  };
  const body = (x: tf.Tensor) => {
    const values: tf.Tensor[] = [x, closure, ...variables];
    const at = (index: number) => values[index % values.length]!;
    for (const each of drawn.instructions) {
      if ('assign' in each) assign(variables[each.assign]!, at(each.from));
      else values.push(OPS[each.op]!(at(each.a), at(each.b)));
    }
    return drawn.results.map((index) => tf.mul(at(index), 2));
  };
  const step = backend === 'cpu' ? body : compile(body);
  const seen: number[] = [];
  const kept: tf.Tensor[] = [closure];
  for (let i = 0; i < STEPS; i++) {
    for (const { kind, a, b } of drawn.between[i]!) {
      const [one, other] = [variables[a]!, variables[b]!];
      if (kind === 'assign') assign(one, other);
      else if (kind === 'compute') one.assign(tf.mul(other, -0.8));
      else kept.push(kind === 'keep' ? tf.clone(one) : view(one));
    }
    const given = drawn.given[i];
    const results = step(typeof given === 'number' ? tf.clone(variables[given]!) : drawnTensor(10 + i));
    for (const tensor of [...results, ...variables, ...(i % 3 === 2 ? kept : [])])
      seen.push(...tensor.dataSync());
  }
  for (const tensor of kept) seen.push(...tensor.dataSync());
  return Float32Array.from(seen);
}

it('a step gives what it gives uncompiled, whoever shares its values', async () => {
  const program = fc.asyncProperty(drawnProgram, async (drawn) => {
    expectClose(await follow('onnxruntime', drawn), await follow('cpu', drawn));
  });
  // A program takes some 10 ms.
  await fc.assert(program, { ...DRAWN, numRuns: 4 * DRAWN.numRuns });
});
