// The graphs that a training step is lowered to for execution providers that are not on every machine, held against
// what those providers have. A node that a provider lacks would fall back to cpu, and copy. WebGPU is run for real.

import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LoweredProgram } from '../graph/lower-program.ts';
import '../index.ts';
import { OPERATORS } from '../testing/provider-operators.ts';
import { lowerTrainingStep, NETWORKS } from '../testing/training-steps.ts';

beforeEach(() => tf.setBackend('onnxruntime'));

type Provider = keyof typeof OPERATORS;

/** The operators of a training step on a provider, each with the element type of its first input: 'Gather float32'. */
function operatorsOf({ model, values }: LoweredProgram): string[] {
  const { inputs, initializers, nodes } = model.graph;
  const types = new Map([...inputs, ...initializers, ...values].map((v) => [v.name, v.dtype]));
  // Of Where the first input is its condition.
  const first = ({ opType, inputs: names }: (typeof nodes)[number]) => names[opType === 'Where' ? 1 : 0]!;
  return [...new Set(nodes.map((node) => `${node.opType} ${types.get(first(node))}`))].sort();
}

const missing = (operators: readonly string[], provider: Provider): string[] =>
  operators.filter((row) => {
    const [operator, dtype] = row.split(' ') as [string, string];
    return !OPERATORS[provider][operator]?.includes(dtype as never);
  });

describe('on cuda and dml, none falls back to cpu of the training step of', () => {
  const steps = [
    ...Object.keys(NETWORKS).map((name) => [name, 'adam'] as const),
    ...(['momentum', 'rmsprop'] as const).map((optimizer) => ['baseline', optimizer] as const),
  ];
  it.each(steps)('%s with %s', (name, optimizer) => {
    const providers = ['cuda', 'dml'] as const;
    const lowered = lowerTrainingStep(name, providers, optimizer);
    for (const [i, provider] of providers.entries()) {
      const operators = operatorsOf(lowered[i]!);
      expect(operators.length, provider).toBeGreaterThan(10);
      expect(missing(operators, provider), provider).toEqual([]);
    }
  });
});

it('on coreml, training steps cannot stay whole: what the baseline needs and coreml lacks', () => {
  const [lowered] = lowerTrainingStep('baseline', ['coreml']);
  expect(missing(operatorsOf(lowered!), 'coreml')).toMatchInlineSnapshot(`
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
