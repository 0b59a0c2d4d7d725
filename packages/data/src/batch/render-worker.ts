// The main thread's side of a worker. Finished work is looked for synchronously first: a training loop that blocks
// this thread gets its next batch without a turn of the event loop.

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { DataError, type DataErrorCode } from '../error.ts';
import type { BatchRows, Recipe } from './render.ts';
import { batchWorkerUrl } from './worker-url.ts';

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
    };

export interface WorkerReply {
  readonly job: number;
  /** Without a code, something that should not happen. */
  readonly error?: { readonly message: string; readonly code?: DataErrorCode };
}

/** Work that was handed out. */
export interface Ticket {
  /** Resolves when `out` is filled; rejects with the thread's DataError, or with DataError `worker`. */
  ready(): Promise<void>;
}

interface Job {
  outcome?: Pick<WorkerReply, 'error'>;
  settle?: () => void;
}

export class RenderWorker {
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #jobs = new Map<number, Job>();
  readonly #known = new Set<number>();
  #waiting = 0;
  #nextJob = 0;
  #failure: string | undefined;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    const start: WorkerStart = { port: port2 };
    const worker = new Worker(batchWorkerUrl(), { workerData: start, transferList: [port2] });
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
    return this.#jobs.size;
  }

  draw(recipe: number, value: Recipe, rows: BatchRows, out: Float32Array<SharedArrayBuffer>): Ticket {
    if (!this.#known.has(recipe)) {
      this.#known.add(recipe);
      this.#post({ kind: 'open', recipe, value });
    }
    const id = this.#nextJob++;
    const job: Job = {};
    this.#jobs.set(id, job);
    this.#post({ kind: 'draw', job: id, recipe, rows: { ...rows, rows: rows.rows.slice() }, out });
    return { ready: () => this.#ready(job) };
  }

  close(recipe: number): void {
    if (this.#known.delete(recipe)) this.#post({ kind: 'close', recipe });
  }

  /** Ends the thread; work that is under way fails. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #post(request: WorkerRequest): void {
    this.#port.postMessage(request);
  }

  async #ready(job: Job): Promise<void> {
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#take(next.message as WorkerReply);
    }
    if (this.#failure !== undefined) job.outcome ??= { error: { message: this.#failure } };
    if (job.outcome === undefined) {
      // A thread that nobody waits for must not keep the process alive; one that is waited for must.
      if (this.#waiting++ === 0) this.#port.ref();
      await new Promise<void>((resolve) => {
        job.settle = resolve;
      });
      if (--this.#waiting === 0) this.#port.unref();
    }
    const error = job.outcome?.error;
    if (error?.code !== undefined) throw new DataError(error.code, error.message);
    if (error !== undefined) {
      throw new DataError('worker', `A worker thread could not prepare a batch: ${error.message}.`);
    }
  }

  #take({ job: id, error }: WorkerReply): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    this.#jobs.delete(id);
    job.outcome = error === undefined ? {} : { error };
    job.settle?.();
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    for (const job of this.#jobs.keys()) this.#take({ job, error: { message: reason } });
  }
}
