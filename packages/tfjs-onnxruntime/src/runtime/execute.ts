// Runs what has been recorded: captures the program that leads to some buffers, finds or makes its session, and
// gives the buffers their elements.

import { type Feeds, type SessionOptions, tensorOf } from '@sightline/ort';
import { allocate, type Buffer, type Elements, type GraphDType, sizeFromShape } from '../graph/buffer.ts';
import { capture } from '../graph/capture.ts';
import { inputName, lowerProgram, outputName } from '../graph/lower-program.ts';
import { rewrite } from '../graph/rewrite/index.ts';
import { BUDGETS, type GraphSession, LARGE, openSession } from './graph-session.ts';
import { SessionCache } from './session-cache.ts';

/** Enough for the distinct steps of a training run; each has its own thread pool. */
const MOST_SESSIONS = 256;

export class Executor {
  readonly #cache = new SessionCache<GraphSession>({ sessions: MOST_SESSIONS, ...BUDGETS.eager });
  options: SessionOptions;

  constructor(options: SessionOptions) {
    this.options = options;
  }

  get sessions(): number {
    return this.#cache.size;
  }

  /** Computes buffers that are recorded only. All of them run as one graph. */
  settle(buffers: readonly Buffer[]): void {
    const roots = buffers.filter((buffer) => {
      if (buffer.call && sizeFromShape(buffer.shape) === 0) {
        buffer.settle(allocate(buffer.dtype as GraphDType, 0));
      }
      return buffer.call;
    });
    if (roots.length === 0) return;
    const program = capture(roots);
    const { session, inputs } = this.#cache.get(`${this.options.provider}:${program.key}`, () => {
      const lowered = lowerProgram(rewrite(program), 'eager', this.options.provider);
      return {
        session: openSession(lowered, this.options, BUDGETS.eager.arenas),
        inputs: lowered.inputs.map((input) => program.inputs.findIndex((i) => i.slot === input.slot)),
      };
    });
    const feeds: Feeds = {};
    for (const index of inputs) {
      const { buffer, slot } = program.inputs[index]!;
      feeds[inputName(slot)] = tensorOf(buffer.elements!, buffer.dtype as GraphDType, buffer.shape);
    }
    const fetches = Object.fromEntries(roots.map((_, i) => [outputName(i), null]));
    const results = session.run(feeds, fetches);
    roots.forEach((root, i) => {
      root.settle(results[outputName(i)]!.data as Elements);
    });
  }

  /** Releases the large sessions of programs that ran only once. */
  releaseLargeUsedOnce(): void {
    this.#cache.releaseUsedOnce(LARGE);
  }

  dispose(): void {
    this.#cache.clear();
  }
}
