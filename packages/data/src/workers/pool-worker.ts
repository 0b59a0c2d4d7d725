// The main thread's side of a worker thread. Finished jobs are looked for synchronously first: a training loop that
// blocks this thread gets its next batch without a turn of the event loop.

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { SightlineError } from '@sightline/core';
import { flagsForFile } from '@sightline/core/thread';
import { claim, isDone, newState, type Reply, type Request, toReply, waitForMessage } from './protocol.ts';

/** A job by its name, with plain data. */
export interface Call {
  readonly job: string;
  readonly input: unknown;
  /** A context that was opened. */
  readonly context?: number;
  /** For the error of a thread that ended: "A worker thread could not <purpose>". */
  readonly purpose: string;
}

/** A job under way that either thread may run. */
export interface Task {
  /** Whether it has ended, well or not: looked for, not waited for. */
  isDone(): boolean;
  /** Runs it on this thread, if no other has begun it; whether it did. */
  help(): boolean;
  /** Ends it without running it, if nobody has begun it. */
  cancel(): void;
  /** Resolves when it has ended; rejects with the job's SightlineError, or with SightlineError `worker`. */
  ready(): Promise<void>;
}

interface Pending {
  readonly purpose: string;
  readonly state?: Int32Array<SharedArrayBuffer>;
  outcome?: Omit<Reply, 'id'>;
  settle?: () => void;
}

let lastId = 0;

/** From sources a TypeScript file, in a build the entry `worker-entry.js` beside the bundle. */
const entry = () =>
  new URL(import.meta.url.endsWith('.ts') ? '../worker-entry.ts' : './worker-entry.js', import.meta.url);

export class PoolWorker {
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #contexts = new Set<number>();
  #waiting = 0;
  #failure: string | undefined;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(entry(), {
      execArgv: flagsForFile(),
      workerData: { port: port2 },
      transferList: [port2],
    });
    worker.on('error', (error: Error) => this.#fail(error.message));
    worker.on('exit', (code) => this.#fail(`it ended with code ${code}`));
    worker.unref();
    this.#worker = worker;
    this.#port = port1;
    this.#port.on('message', (reply: Reply) => this.#settle(reply));
    // Without this, a process that waits for a dead thread would end as if nothing were left to do.
    this.#port.on('close', () => this.#fail('it ended'));
    this.#port.unref();
  }

  /** Jobs handed out and not finished. */
  get load(): number {
    this.#settleDone();
    return this.#pending.size;
  }

  /** Sends a context once; it stays in the worker's reach until it is closed. */
  open(context: number, value: unknown): void {
    if (this.#contexts.has(context)) return;
    this.#contexts.add(context);
    this.#post({ kind: 'open', context, value });
  }

  close(context: number): void {
    if (this.#contexts.delete(context)) this.#post({ kind: 'close', context });
  }

  /** Hands out a job that this thread may run as well, by `here`. */
  submit({ purpose, ...call }: Call, here: () => void): Task {
    const id = nextId();
    const state = newState(id);
    const pending: Pending = { purpose, state };
    this.#pending.set(id, pending);
    this.#post({ kind: 'run', id, state, ...call });
    const take = () => pending.outcome === undefined && claim(state, id);
    return {
      isDone: () => {
        this.#receive();
        return pending.outcome !== undefined;
      },
      help: () => {
        if (!take()) return false;
        this.#settle({ id, ...outcomeOf(here) });
        return true;
      },
      cancel: () => {
        if (take()) this.#settle({ id });
      },
      ready: async () => {
        waitForMessage(state);
        await this.#outcome(pending);
      },
    };
  }

  /** Runs a job on the worker. Rejects as a task does. */
  async run({ purpose, ...call }: Call): Promise<unknown> {
    const id = nextId();
    const pending: Pending = { purpose };
    this.#pending.set(id, pending);
    this.#post({ kind: 'run', id, ...call });
    return this.#outcome(pending);
  }

  /** Ends the thread; jobs that are under way fail. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #post(request: Request): void {
    this.#port.postMessage(request);
  }

  /** Jobs that the worker finished without a message. */
  #settleDone(): void {
    for (const [id, { state }] of this.#pending) if (state && isDone(state)) this.#settle({ id });
  }

  #receive(): void {
    this.#settleDone();
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#settle(next.message as Reply);
    }
    if (this.#failure !== undefined) this.#fail(this.#failure);
  }

  async #outcome(pending: Pending): Promise<unknown> {
    this.#receive();
    if (pending.outcome === undefined) {
      // A thread that nobody waits for must not keep the process alive; one that is waited for must.
      if (this.#waiting++ === 0) this.#port.ref();
      await new Promise<void>((resolve) => {
        pending.settle = resolve;
      });
      if (--this.#waiting === 0) this.#port.unref();
    }
    const { error, value } = pending.outcome!;
    if (error?.code !== undefined) throw new SightlineError(error.code, error.message);
    if (error !== undefined) {
      throw new SightlineError('worker', `A worker thread could not ${pending.purpose}: ${error.message}.`);
    }
    return value;
  }

  #settle({ id, ...outcome }: Reply): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.outcome = outcome;
    pending.settle?.();
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#settleDone();
    for (const id of this.#pending.keys()) this.#settle({ id, error: { message: reason } });
  }
}

/** From 1 on, as an id and its negative must differ, and within 31 bits. */
function nextId(): number {
  lastId = (lastId % 0x7fffffff) + 1;
  return lastId;
}

function outcomeOf(work: () => void): Omit<Reply, 'id'> {
  try {
    work();
    return {};
  } catch (error) {
    return { error: toReply(error) };
  }
}
