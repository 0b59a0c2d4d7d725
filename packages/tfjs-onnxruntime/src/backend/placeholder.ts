// What is not known while a step is traced: its inputs, its variables and all that is computed from them.

import { SightlineError } from '@sightline/core';
import type { Buffer, Call } from '../graph/buffer.ts';

/** For a tensor that a traced step has let out by the side. */
export const readOutside = (): SightlineError =>
  new SightlineError(
    'not-compilable',
    'A tensor that a compiled step made while it was traced has no value outside of it: return it from the step.',
  );

/** Whether a buffer is a placeholder or comes from one. */
export function dependsOnPlaceholder(buffer: Buffer): boolean {
  const seen = new Set<Call>();
  const stack = [buffer];
  for (let at = stack.pop(); at; at = stack.pop()) {
    if (at.placeholder) return true;
    if (!at.call || seen.has(at.call)) continue;
    seen.add(at.call);
    stack.push(...at.call.inputs);
  }
  return false;
}
