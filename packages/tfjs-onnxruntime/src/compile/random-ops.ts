// TensorFlow.js draws random numbers in JavaScript (tf.randomUniform and its like, and so its Dropout and noise
// layers) and uploads them: in a traced step they would be constants, the same mask at every step. While a step is
// traced, Math.random gives seeds that are known, and what a random op uploads is noted as a `Draw`: a place in the
// program that gets new numbers at each step.

import { SightlineError } from '@sightline/core';
import { engine } from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../backend/backend.ts';
import { userLine } from '../backend/user-line.ts';
import type { Buffer, Elements } from '../graph/buffer.ts';
import type { Distribution } from './random-stream.ts';

export interface Draw {
  readonly distribution: Distribution;
  /** What TensorFlow.js was seeded with; `undefined` where the user's code gave a seed of its own. */
  readonly seed: number | undefined;
  readonly buffer: Buffer;
  /** The numbers that TensorFlow.js drew. */
  readonly sample: Elements;
  /** Where in the user's code. */
  readonly line: string;
}

/** Scopes in which TensorFlow.js draws, as its engine names them. */
const SAMPLERS: Readonly<Record<string, Distribution | undefined>> = {
  randomUniform__op: 'uniform',
  randomNormal__op: 'normal',
  truncatedNormal__op: 'truncated',
};

const DROPOUT = 'dropout__op';

const scope = (): string => engine().state.activeScope?.name ?? '';

/** Whether tf.dropout draws now: it asks for uniform numbers in [0, 1). */
const inDropout = (): boolean => engine().state.scopeStack.at(-2)?.name === DROPOUT;

/** Runs `body` with Math.random giving `seedOf(0)`, `seedOf(1)`, … to TensorFlow.js' random ops, and to nobody else. */
export function watchRandom<T>(
  backend: OnnxRuntimeBackend,
  seedOf: (draw: number) => number,
  body: () => T,
): { result: T; draws: Draw[] } {
  const { random } = Math;
  const draws: Draw[] = [];
  let seed: number | undefined;
  Math.random = () => {
    if (SAMPLERS[scope()]) {
      seed = seedOf(draws.length);
      return seed;
    }
    throw new SightlineError(
      'not-compilable',
      `A compiled step draws random numbers in JavaScript ${userLine()}, which would repeat at every step: ` +
        'draw them with tf.randomUniform, tf.randomNormal or tf.truncatedNormal, compute them from a tf.Variable ' +
        'that the step advances, or pass them as an input.',
    );
  };
  backend.onUpload = (buffer) => {
    const distribution = SAMPLERS[scope()];
    // A seed that the user's code gave makes the numbers a constant, as it does without compile; but for Dropout,
    // whose mask must not be the same at every step.
    if (!distribution || (seed === undefined && !inDropout())) return;
    draws.push({ distribution, seed, buffer, sample: buffer.elements!, line: userLine() });
    buffer.placeholder = true;
    seed = undefined;
  };
  try {
    return { result: body(), draws };
  } finally {
    Math.random = random;
    backend.onUpload = undefined;
  }
}

/** Runs `body` once as it is, with TensorFlow.js' random ops seeded by `seedOf`. */
export function withSeeds<T>(seedOf: (draw: number) => number, body: () => T): T {
  const { random } = Math;
  let drawn = 0;
  Math.random = () => (SAMPLERS[scope()] ? seedOf(drawn++) : random());
  try {
    return body();
  } finally {
    Math.random = random;
  }
}
