// Hands work out to this thread and the worker threads.

import { crew, usualCrew } from '../thread/crew.ts';
import { CONTROL_LENGTH, DONE, type SharedTask, STOP, takePart, type WorkReport } from './shared-work.ts';

/** Less work than this is done before a thread has started. */
const WORTH_THREADS = { hash: 128, decode: 128, copy: 4 };

export interface ShareOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with how many pieces are done so far. */
  readonly onDone?: ((done: number) => void) | undefined;
}

/** Does all pieces of a task. Throws an AbortError when cancelled, once no thread writes any more. */
export async function shareWork(
  task: SharedTask,
  count: number,
  { signal, onDone }: ShareOptions = {},
): Promise<Pick<WorkReport, 'failures' | 'left'>> {
  signal?.throwIfAborted();
  if (count === 0) return { failures: [], left: [] };
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_LENGTH * Int32Array.BYTES_PER_ELEMENT));
  const work = { task, count, control };
  const stop = () => Atomics.store(control, STOP, 1);
  signal?.addEventListener('abort', stop);
  try {
    const threads = count < WORTH_THREADS[task.kind] ? [] : crew(usualCrew());
    const others = threads.map((thread) => thread.work(work));
    const here = takePart(work, () => onDone?.(Atomics.load(control, DONE)));
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
function untilDone(parts: readonly Promise<WorkReport>[], count: number): Promise<WorkReport[]> {
  return new Promise((resolve, reject) => {
    const reports: WorkReport[] = [];
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
