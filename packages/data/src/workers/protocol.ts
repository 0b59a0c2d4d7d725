// What the main thread and a worker thread say to each other, and what they share of a job that either may run.

import { type ErrorCode, SightlineError } from '@sightline/core';

export type Request =
  /** A value that several jobs need, sent once. */
  | { readonly kind: 'open'; readonly context: number; readonly value: unknown }
  | { readonly kind: 'close'; readonly context: number }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly job: string;
      readonly input: unknown;
      readonly context?: number;
      /** Where either thread may run the job; else the worker does. */
      readonly state?: Int32Array<SharedArrayBuffer>;
    };

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  /** Without a code, a fault of ours. */
  readonly error?: { readonly message: string; readonly code?: ErrorCode };
}

// A job's shared state: three numbers, changed by Atomics only.

/** The job's id as long as nobody runs it, its negative from then on. */
const CLAIM = 0;
/** 1 once the worker has run it. */
const DONE = 1;
/** 1 from when the thread that asked waits for a message. It looks at DONE after that, so one of the two sees the other. */
const WAITED_FOR = 2;

export function newState(id: number): Int32Array<SharedArrayBuffer> {
  const state = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  state[CLAIM] = id;
  return state;
}

/** Whether the caller is the one to run the job. */
export const claim = (state: Int32Array, id: number) => Atomics.compareExchange(state, CLAIM, id, -id) === id;

export const isDone = (state: Int32Array) => Atomics.load(state, DONE) === 1;

export const waitForMessage = (state: Int32Array) => Atomics.store(state, WAITED_FOR, 1);

/** Marks a job as done. Whether the thread that asked waits for a message, which costs it a turn of its event loop. */
export function markDone(state: Int32Array): boolean {
  Atomics.store(state, DONE, 1);
  return Atomics.load(state, WAITED_FOR) === 1;
}

/** An error as plain data, which can be sent to another thread. */
export function toReply(error: unknown): NonNullable<Reply['error']> {
  const message = error instanceof Error ? error.message : String(error);
  return { message, ...(error instanceof SightlineError ? { code: error.code } : {}) };
}
