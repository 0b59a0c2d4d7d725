// compile(step): a training step traced and then replayed as one ONNX Runtime session.
//
// The first call with inputs of some shapes runs the step as it is, which makes what it makes once (an optimizer's
// slots). The second traces it; from then on no JavaScript of the step runs. Whatever it reads that can change
// between calls is state: its inputs, every tf.Variable, an optimizer's learning rate, random numbers. Other tensors
// and numbers are constants. That they are is checked: the step is traced again, now and then, and must not differ.

import { SightlineError } from '@sightline/core';
import { tidy } from '@tensorflow/tfjs-core';
import { BUDGETS } from '../runtime/graph-session.ts';
import type { PlacedNode } from '../runtime/partition.ts';
import { type Plan, planStep } from './plan.ts';
import { withSeeds } from './random-ops.ts';
import { streamState } from './random-stream.ts';
import { Replay } from './replay.ts';
import { ownBackend, signature, specOf, synchronous } from './signature.ts';
import type { AnyStep, Step } from './trace.ts';

/** Signatures of one step whose sessions are held. The one used longest ago is released where there are more. */
const MOST_SIGNATURES = 64;

export interface CompileOptions {
  /** Seed of the random numbers that the step draws: the same seed gives the same steps. Default: a random one. */
  readonly seed?: number;
  /**
   * Looks for NaN and infinities in what each step gives and writes, and names the first tensor that has one; checks
   * before each step that its JavaScript still gives the same program. Set for all steps by `SIGHTLINE_DEBUG=nan`.
   */
  readonly debug?: boolean;
  /**
   * For a step whose first call makes nothing, as all variables are there already: it is traced at once. The graph of a
   * call as it is adds numbers in another order than a replay; so every call, the first too, gives a replay's bits.
   */
  readonly traceFirst?: boolean;
  /** Writes ONNX Runtime's profile of each session to files that begin so; ended by `dispose`. */
  readonly profile?: string;
}

export interface Compiled<F extends Step> {
  (...inputs: Parameters<F>): ReturnType<F>;
  /** A listing of each traced graph, a line a node with shapes. */
  print(): string;
  /** For each traced graph: which execution provider runs each node of it, after ONNX Runtime's own fusions. */
  partition(): PlacedNode[][];
  /** Releases the sessions. */
  dispose(): void;
}

/** A signature is called once as it is, then traced. */
interface State {
  plan?: Plan;
  replay?: Replay;
  /** Steps replayed, and how many of them there are when the step is next traced for a check. */
  replayed: number;
  nextCheck: number;
}

/**
 * Compiles a step: a function of tensors that gives tensors (alone, in arrays or records) and may read and assign
 * tf.Variables. It must give the same graph for inputs of the same shapes and types.
 *
 * @throws SightlineError `signature` where the backend is not `onnxruntime` or an input is missing or no tensor,
 *   `not-compilable` where the step is async, does nothing, or reads a value that is known only when it runs or a
 *   number that has changed, and in debug mode `not-finite`.
 */
export function compile<F extends Step>(step: F, options: CompileOptions = {}): Compiled<F> {
  if (typeof step !== 'function') {
    throw new SightlineError('signature', `compile takes a function of tensors, but got ${typeof step}.`);
  }
  const body: AnyStep = (...inputs) => {
    try {
      return synchronous((step as unknown as AnyStep)(...inputs));
    } catch (cause) {
      // Parameters may be optional: only what fails without them needs them.
      if (inputs.length >= step.length || cause instanceof SightlineError) throw cause;
      const given = `The step takes ${step.length} input(s), but got ${inputs.length}`;
      throw new SightlineError('signature', `${given}: ${(cause as Error).message}.`, { cause });
    }
  };
  const { seed = Math.random(), debug = process.env.SIGHTLINE_DEBUG === 'nan', profile } = options;
  const { traceFirst = false } = options;
  const states = new Map<string, State>();
  let count = 0;
  const end = (replay: Replay) => {
    if (profile) replay.endProfiling();
    replay.dispose();
  };
  const bytesHeld = () => [...states.values()].reduce((sum, { replay }) => sum + (replay?.bytes ?? 0), 0);
  const use = (key: string, state: State) => {
    states.delete(key);
    states.set(key, state);
    while (states.size > 1 && (states.size > MOST_SIGNATURES || bytesHeld() > BUDGETS.step.bytes)) {
      const [oldest, { replay }] = states.entries().next().value!;
      states.delete(oldest);
      if (replay) end(replay);
    }
  };
  const compiled: AnyStep = (...inputs) => {
    const backend = ownBackend();
    const key = signature(inputs);
    // Called by another compiled step while that is traced: a part of it.
    if (backend.isTracing) return body(...inputs);
    const known = states.get(key);
    const state = known ?? { replayed: 0, nextCheck: 1 };
    count++;
    if (!known && !traceFirst) {
      const seedOf = (draw: number) => (streamState(seed, count, draw)[0]! >>> 0) / 2 ** 32;
      const result = withSeeds(seedOf, () => tidy(() => body(...inputs)));
      backend.flush();
      use(key, state);
      return result;
    }
    use(key, state);
    if (state.replay && !state.plan!.isCurrent()) {
      end(state.replay);
      delete state.replay;
    }
    if (!state.replay) {
      // The step's first call, as it is, was one of them.
      backend.executor.releaseLargeUsedOnce();
      state.plan = planStep(backend, body, inputs.map(specOf), debug);
      state.replay = new Replay(backend, state.plan, { seed, debug, ...(profile ? { profile } : {}) });
    } else if (debug || state.replayed === state.nextCheck) {
      state.plan!.verify();
      state.nextCheck = 2 * state.replayed;
    }
    const result = state.replay.run(inputs, count);
    state.replayed++;
    return result;
  };
  const replays = () => [...states.values()].flatMap(({ replay }) => replay ?? []);
  return Object.assign(compiled as unknown as (...inputs: Parameters<F>) => ReturnType<F>, {
    print: () =>
      replays()
        .map((replay) => replay.print())
        .join('\n\n'),
    partition: () => replays().map((replay) => replay.partition()),
    dispose: () => {
      for (const replay of replays()) end(replay);
      states.clear();
    },
  });
}
