// The main thread's side of a worker thread. Finished work is looked for synchronously first: a training loop that
// blocks this thread gets its next batch without a turn of the event loop.

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type ErrorCode, SightlineError } from '@sightline/core';
import { type BatchRows, type Recipe, renderRows } from '../batch/render.ts';
import type { SharedWork, WorkReport } from '../decode/shared-work.ts';
import { CLAIM, DONE, drawState, WAITED_FOR } from './draw-state.ts';
import { workerUrl } from './worker-url.ts';

export interface WorkerStart {
  readonly port: MessagePort;
}

export type WorkerRequest =
  | { readonly kind: 'open'; readonly recipe: number; readonly value: Recipe }
  | { readonly kind: 'close'; readonly recipe: number }
  | {
      readonly kind: 'draw';
      readonly job: number;
      readonly recipe: number;
      readonly rows: BatchRows;
      readonly out: Float32Array<SharedArrayBuffer>;
      readonly state: Int32Array<SharedArrayBuffer>;
    }
  | { readonly kind: 'part'; readonly job: number; readonly work: SharedWork };

export interface WorkerReply {
  readonly job: number;
  /** What came of a part of shared work. */
  readonly report?: WorkReport;
  /** Without a code, something that should not happen. */
  readonly error?: { readonly message: string; readonly code?: ErrorCode } | undefined;
}

/** Work that was handed out. */
export interface Ticket {
  /** Whether the work has ended, well or not: looked for, not waited for. */
  isDone(): boolean;
  /** Does the work on this thread, if no other has begun it; whether it did. */
  help(): boolean;
  /** Has the work not begun any more, if nobody has: then it is done with, and `out` is as it was. */
  cancel(): void;
  /** Resolves when `out` is filled; rejects with the thread's SightlineError, or with SightlineError `worker`. */
  ready(): Promise<void>;
}

/** Does something, and gives back the error in its place, as it can be sent to another thread. */
export function outcomeOf(work: () => void): Pick<WorkerReply, 'error'> {
  try {
    work();
    return {};
  } catch (error) {
    return { error: told(error) };
  }
}

export function told(error: unknown): WorkerReply['error'] {
  const message = error instanceof Error ? error.message : String(error);
  return { message, ...(error instanceof SightlineError ? { code: error.code } : {}) };
}

interface Job {
  readonly task: string;
  /** Of a batch. */
  state?: Int32Array<SharedArrayBuffer>;
  outcome?: Pick<WorkerReply, 'error' | 'report'>;
  settle?: () => void;
}

let lastJob = 0;

export class WorkerThread {
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #jobs = new Map<number, Job>();
  readonly #known = new Set<number>();
  #waiting = 0;
  #failure: string | undefined;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    const start: WorkerStart = { port: port2 };
    const worker = new Worker(workerUrl(), { workerData: start, transferList: [port2] });
    worker.on('error', (error: Error) => this.#fail(error.message));
    worker.on('exit', (code) => this.#fail(`it ended with code ${code}`));
    worker.unref();
    this.#worker = worker;
    this.#port = port1;
    this.#port.on('message', (reply: WorkerReply) => this.#take(reply));
    // Without this, a process that waits for a dead thread would end as if nothing were left to do.
    this.#port.on('close', () => this.#fail('it ended'));
    this.#port.unref();
  }

  /** Jobs handed out and not finished. */
  get load(): number {
    this.#takeDone();
    return this.#jobs.size;
  }

  draw(recipe: number, value: Recipe, rows: BatchRows, out: Float32Array<SharedArrayBuffer>): Ticket {
    if (!this.#known.has(recipe)) {
      this.#known.add(recipe);
      this.#post({ kind: 'open', recipe, value });
    }
    const [id, job] = this.#newJob('prepare a batch');
    const state = drawState(id);
    job.state = state;
    const take = () => job.outcome === undefined && Atomics.compareExchange(state, CLAIM, id, -id) === id;
    this.#post({ kind: 'draw', job: id, recipe, rows: { ...rows, rows: rows.rows.slice() }, out, state });
    return {
      isDone: () => {
        this.#receive();
        return job.outcome !== undefined;
      },
      help: () => {
        if (!take()) return false;
        this.#take({ job: id, ...outcomeOf(() => renderRows(value, rows, out)) });
        return true;
      },
      cancel: () => {
        if (take()) this.#take({ job: id });
      },
      ready: async () => {
        Atomics.store(state, WAITED_FOR, 1);
        await this.#outcomeOf(job);
      },
    };
  }

  /** Has the thread take part in shared work, until none is left. Rejects as a ticket does. */
  async work(work: SharedWork): Promise<WorkReport> {
    const [job, handedOut] = this.#newJob('read files');
    this.#post({ kind: 'part', job, work });
    return (await this.#outcomeOf(handedOut)).report!;
  }

  close(recipe: number): void {
    if (this.#known.delete(recipe)) this.#post({ kind: 'close', recipe });
  }

  /** Ends the thread; work that is under way fails. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #newJob(task: string): [id: number, job: Job] {
    // From 1 on, as a job and its negative must differ, and within 31 bits.
    lastJob = (lastJob % 0x7fffffff) + 1;
    const job: Job = { task };
    this.#jobs.set(lastJob, job);
    return [lastJob, job];
  }

  #post(request: WorkerRequest): void {
    this.#port.postMessage(request);
  }

  /** Batches that workers finished without a message. */
  #takeDone(): void {
    for (const [job, { state }] of this.#jobs) {
      if (state !== undefined && Atomics.load(state, DONE) === 1) this.#take({ job });
    }
  }

  #receive(): void {
    this.#takeDone();
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#take(next.message as WorkerReply);
    }
    if (this.#failure !== undefined) this.#fail(this.#failure);
  }

  async #outcomeOf(job: Job): Promise<Pick<WorkerReply, 'report'>> {
    this.#receive();
    if (job.outcome === undefined) {
      // A thread that nobody waits for must not keep the process alive; one that is waited for must.
      if (this.#waiting++ === 0) this.#port.ref();
      await new Promise<void>((resolve) => {
        job.settle = resolve;
      });
      if (--this.#waiting === 0) this.#port.unref();
    }
    const { error, report } = job.outcome!;
    if (error?.code !== undefined) throw new SightlineError(error.code, error.message);
    if (error !== undefined) {
      throw new SightlineError('worker', `A worker thread could not ${job.task}: ${error.message}.`);
    }
    return report === undefined ? {} : { report };
  }

  #take({ job: id, ...outcome }: WorkerReply): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    this.#jobs.delete(id);
    job.outcome = outcome;
    job.settle?.();
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#takeDone();
    for (const job of this.#jobs.keys()) this.#take({ job, error: { message: reason } });
  }
}
