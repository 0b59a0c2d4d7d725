// A job of many items, such as files, done by all threads: each takes the next few items until none is left.

import { setImmediate } from 'node:timers/promises';
import { reasonOf } from '@sightline/core';
import { defaultWorkers, workerPool } from './pool.ts';
import type { Job } from './serve.ts';

/** How one thread processes items. */
export interface ItemProcessor {
  /** Items that a thread takes at once. */
  readonly itemsAtOnce: number;
  /** Whether an item is worth waiting for side by side with others. */
  isSlow(): boolean;
  /** Processes an item; false leaves it to the thread that asked. Throws the reason why it cannot. */
  process(index: number): boolean | Promise<boolean>;
  close(): void;
}

/** A job of many items. `input` is plain data: it goes to worker threads, and results go where it says. */
export interface ParallelJob<Input> {
  readonly name: string;
  /** For the error of a thread that ended: "A worker thread could not <purpose>". */
  readonly purpose: string;
  /** Fewer items than this are done before a thread has started. */
  readonly worthThreads: number;
  /** Loaded on each thread that takes part. */
  processor(input: Input): ItemProcessor | Promise<ItemProcessor>;
}

export interface ParallelOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with how many items are done so far; those that are left are not. */
  readonly onDone?: ((done: number) => void) | undefined;
  /** Whether worker threads take part. Default: where there are enough items. */
  readonly useWorkers?: boolean | undefined;
}

interface Share<Input> {
  readonly input: Input;
  readonly count: number;
  readonly control: Int32Array<SharedArrayBuffer>;
}

interface Report {
  /** Items that this thread took, whatever came of them. */
  readonly done: number;
  readonly failures: readonly { readonly index: number; readonly reason: string }[];
  /** Items left to the thread that asked. */
  readonly left: readonly number[];
}

// Places in `control`: the next item that nobody has taken, how many are done, and whether to stop.
const NEXT = 0;
const DONE = 1;
const STOP = 2;
/** Items that a thread has under way side by side where they are slow. */
const CONCURRENCY = 8;

/** The job as the worker's entry registers it. */
export const onWorker = <Input>(job: ParallelJob<Input>): Job => ({
  run: (share) => takePart(job, share as Share<Input>),
});

/** Processes all items. Throws an AbortError when cancelled, once no thread writes any more. */
export async function runParallel<Input>(
  job: ParallelJob<Input>,
  input: Input,
  count: number,
  { signal, onDone, useWorkers = count >= job.worthThreads }: ParallelOptions = {},
): Promise<Pick<Report, 'failures' | 'left'>> {
  signal?.throwIfAborted();
  if (count === 0) return { failures: [], left: [] };
  const control = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  const share = { input, count, control };
  const stop = () => Atomics.store(control, STOP, 1);
  signal?.addEventListener('abort', stop);
  try {
    const workers = useWorkers ? workerPool(defaultWorkers()) : [];
    const call = { job: job.name, purpose: job.purpose, input: share };
    const others = workers.map((worker) => worker.run(call) as Promise<Report>);
    const here = takePart(job, share, () => onDone?.(Atomics.load(control, DONE)));
    const reports = await untilDone([here, ...others], count);
    signal?.throwIfAborted();
    return {
      failures: reports.flatMap(({ failures }) => failures).sort((a, b) => a.index - b.index),
      left: reports.flatMap(({ left }) => left).sort((a, b) => a - b),
    };
  } catch (error) {
    stop();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** The reports of those who did something: a thread that is still starting when all is done is not waited for. */
function untilDone(parts: readonly Promise<Report>[], count: number): Promise<Report[]> {
  return new Promise((resolve, reject) => {
    const reports: Report[] = [];
    let done = 0;
    for (const part of parts) {
      part.then((report) => {
        reports.push(report);
        done += report.done;
        if (done === count || reports.length === parts.length) resolve(reports);
      }, reject);
    }
  });
}

/** One thread's part: works until all items are taken, or the job is stopped. */
async function takePart<Input>(
  job: ParallelJob<Input>,
  { input, count, control }: Share<Input>,
  onItems?: () => void,
): Promise<Report> {
  const failures: { index: number; reason: string }[] = [];
  const left: number[] = [];
  let done = 0;
  const processor = await job.processor(input);
  const processOne = async (index: number) => {
    let isLeft = false;
    try {
      const result = processor.process(index);
      isLeft = !(typeof result === 'boolean' ? result : await result);
      if (isLeft) left.push(index);
    } catch (error) {
      failures.push({ index, reason: reasonOf(error) });
    }
    done++;
    if (!isLeft) Atomics.add(control, DONE, 1);
  };
  const takeItems = async () => {
    for (;;) {
      const first = Atomics.add(control, NEXT, processor.itemsAtOnce);
      if (first >= count) return;
      for (let index = first; index < Math.min(first + processor.itemsAtOnce, count); index++) {
        if (Atomics.load(control, STOP) === 1) return;
        const pending = processOne(index);
        if (processor.isSlow()) await pending;
      }
      onItems?.();
      await setImmediate();
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENCY }, takeItems));
  } finally {
    processor.close();
  }
  return { done, failures, left };
}
