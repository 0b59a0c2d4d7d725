// The graphs that a training step is lowered to for execution providers that are not on every machine, held against
// what those providers have. A node that a provider lacks would fall back to cpu, and copy. WebGPU is run for real.

import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import '../index.ts';
import { OPERATORS } from '../testing/provider-operators.ts';
import { lowerTrainingStep, NETWORKS } from '../testing/training-steps.ts';

beforeEach(() => tf.setBackend('onnxruntime'));

/** The operators of a training step, each with the element type of its first input: 'Gather float32'. */
function operatorsOf(name: string, provider: string, optimizer?: string): string[] {
  const lowered = lowerTrainingStep(name, provider, optimizer);
  const { inputs, initializers, nodes } = lowered.model.graph;
  const types = new Map([...inputs, ...initializers, ...lowered.values].map((v) => [v.name, v.dtype]));
  // Of Where the first input is its condition.
  const first = ({ opType, inputs: names }: (typeof nodes)[number]) => names[opType === 'Where' ? 1 : 0]!;
  return [...new Set(nodes.map((node) => `${node.opType} ${types.get(first(node))}`))].sort();
}

const missing = (operators: readonly string[], provider: keyof typeof OPERATORS): string[] =>
  operators.filter((row) => {
    const [operator, dtype] = row.split(' ') as [string, string];
    return !OPERATORS[provider][operator]?.includes(dtype as never);
  });

describe.each(['cuda', 'dml'] as const)(
  'on %s, none falls back to cpu of the training step of',
  (provider) => {
    for (const name of Object.keys(NETWORKS)) {
      it(name, () => {
        const operators = operatorsOf(name, provider);
        expect(operators.length).toBeGreaterThan(10);
        expect(missing(operators, provider)).toEqual([]);
      });
    }
    it.each(['momentum', 'rmsprop'])('the baseline with %s', (optimizer) => {
      expect(missing(operatorsOf('baseline', provider, optimizer), provider)).toEqual([]);
    });
  },
);

it('on coreml, training steps cannot stay whole: what the baseline needs and coreml lacks', () => {
  expect(missing(operatorsOf('baseline', 'coreml'), 'coreml')).toMatchInlineSnapshot(`
    [
      "Abs float32",
      "And bool",
      "Cast bool",
      "Equal float32",
      "Gather float32",
      "Gemm float32",
      "Greater float32",
      "GreaterOrEqual float32",
      "LessOrEqual float32",
      "Log float32",
      "Neg float32",
      "Not bool",
      "ReduceSumSquare float32",
      "Where float32",
    ]
  `);
});
