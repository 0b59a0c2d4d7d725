// Training programs as people write them (testing/programs): each is run by TensorFlow.js' cpu backend, by this engine as
// it is, and compiled, and must give the same results and leave the same variables after every step.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { compile } from '../index.ts';
import type { Program } from '../testing/programs/program.ts';
import { STATE_PROGRAMS } from '../testing/programs/state.ts';
import { TRAINING_PROGRAMS } from '../testing/programs/training.ts';
import { flatten } from './container.ts';

const STEPS = 8;

/** All that a program gives and holds, step by step. */
async function follow(backend: string, make: () => Program, compiled: boolean): Promise<number[][]> {
  await tf.setBackend(backend);
  tf.disposeVariables();
  const { step, inputs, before } = make();
  const run = compiled ? compile(step) : step;
  const seen: number[][] = [];
  const note = (container: tf.TensorContainer) => {
    const held = Object.values(tf.engine().state.registeredVariables);
    const tensors = [...flatten(container), ...held];
    seen.push(tensors.flatMap((tensor) => Array.from(tensor.dataSync())));
  };
  for (let i = 0; i < STEPS; i++) {
    if (before) note(before(i));
    note(run(...inputs(i)));
  }
  return seen;
}

function expectClose(got: number[][], expected: number[][]): void {
  got.forEach((values, i) => {
    expect(values.length, `values of moment ${i}`).toBe(expected[i]!.length);
    values.forEach((value, k) => {
      // Some steps of Adam amplify the rounding of sums in another order.
      const room = 2e-4 * Math.max(1, Math.abs(expected[i]![k]!));
      expect(Math.abs(value - expected[i]![k]!), `value ${k} of moment ${i}`).toBeLessThan(room);
    });
  });
}

describe('a compiled program gives what the cpu backend and the uncompiled program give:', () => {
  for (const [name, make] of Object.entries({ ...TRAINING_PROGRAMS, ...STATE_PROGRAMS })) {
    it(name, async () => {
      const expected = await follow('cpu', make, false);
      expectClose(await follow('onnxruntime', make, false), expected);
      expectClose(await follow('onnxruntime', make, true), expected);
    });
  }
});
