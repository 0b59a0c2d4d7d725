// TensorFlow.js draws random numbers in JavaScript (tf.randomUniform and its like, and so its Dropout layers): in a
// traced step they would be constants, the same mask at every step. That is an error, not a surprise.

import { userLine } from '../backend/user-line.ts';
import { EngineError } from '../error.ts';

/** Runs `body`; Math.random, from which TensorFlow.js takes its seeds, throws while it runs. */
export function withoutRandom<T>(body: () => T): T {
  const { random } = Math;
  Math.random = () => {
    throw new EngineError(
      'not-compilable',
      `A compiled step draws random numbers in JavaScript ${userLine()}, which would repeat at every step: ` +
        'compute them from a tf.Variable that the step advances, or pass them as an input.',
    );
  };
  try {
    return body();
  } finally {
    Math.random = random;
  }
}
