// What two threads share of a batch that is drawn by one of them for the other: three numbers, changed by Atomics only.

/** The job's number as long as nobody draws it, its negative from then on. */
export const CLAIM = 0;
/** 1 once it is drawn by the worker. */
export const DONE = 1;
/** 1 from when the thread that asked waits for a message. It looks at DONE after that, so one of the two sees the other. */
export const WAITED_FOR = 2;

export function drawState(job: number): Int32Array<SharedArrayBuffer> {
  const state = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  state[CLAIM] = job;
  return state;
}
