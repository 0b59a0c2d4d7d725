// What ONNX Runtime says of a node that failed, as an error that names the kernel and the user's line.

import { SightlineError } from '@sightline/core';
import type { Buffer, Call } from '../graph/buffer.ts';

/** A node's name begins with the kernel that it comes from. */
const MESSAGE = /Name:'(?<kernel>\w+)\/[^']*' Status Message: (?<what>.*)/s;

/** The error with the kernel and, for kernels that remember it, where the call was made; others as they are. */
export function withPlace(error: Error, buffer: Buffer): Error {
  const { kernel, what } = error.message.match(MESSAGE)?.groups ?? {};
  const lines = new Set(
    callsOf(buffer).flatMap((call) => (call.type.kernel === kernel ? (call.line?.() ?? []) : [])),
  );
  if (lines.size === 0) return error;
  // ONNX Runtime names its own source first.
  const reason = what!.replace(/^\S+\.(h|cc):\d+\s+(\S+\s+)*?(?=indices|invalid|index)/, '').trim();
  return new SightlineError('runtime', `${kernel}, called ${[...lines].join(' or ')}: ${reason}`, {
    cause: error,
  });
}

/** All calls that lead to a buffer. */
function callsOf(buffer: Buffer): Call[] {
  const seen = new Set<Call>();
  const stack = [buffer];
  for (let at = stack.pop(); at; at = stack.pop()) {
    if (!at.call || seen.has(at.call)) continue;
    seen.add(at.call);
    stack.push(...at.call.inputs);
  }
  return [...seen];
}
