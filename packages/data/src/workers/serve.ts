// The worker thread's side of the pool: runs the jobs that its entry registers.

import { type MessagePort, workerData } from 'node:worker_threads';
import { claim, markDone, type Reply, type Request, toReply } from './protocol.ts';

/** What a worker thread can do: a function of plain data, and of a context where several jobs share one. */
export interface Job {
  run(input: unknown, context: unknown): unknown;
  /** Lets go of what a job holds open for a context. */
  close?(context: unknown): void;
}

/** Runs jobs by name as the main thread asks for them. */
export function serve(jobs: Readonly<Record<string, Job>>): void {
  const { port } = workerData as { readonly port: MessagePort };
  const contexts = new Map<number, unknown>();
  const send = (reply: Reply) => port.postMessage(reply);

  function run({ id, job, input, context, state }: Extract<Request, { kind: 'run' }>): void {
    // The other thread may have run it while it waited in the queue here.
    if (state && !claim(state, id)) return;
    try {
      const value = jobs[job]!.run(input, context === undefined ? undefined : contexts.get(context));
      if (value instanceof Promise) {
        value.then(
          (result) => send({ id, value: result }),
          (error) => send({ id, error: toReply(error) }),
        );
      } else if (!state || markDone(state)) send({ id, value });
    } catch (error) {
      send({ id, error: toReply(error) });
    }
  }

  function close(context: number): void {
    const value = contexts.get(context);
    for (const job of Object.values(jobs)) job.close?.(value);
    contexts.delete(context);
  }

  port.on('message', (request: Request) => {
    if (request.kind === 'open') contexts.set(request.context, request.value);
    else if (request.kind === 'close') close(request.context);
    else run(request);
  });
}
