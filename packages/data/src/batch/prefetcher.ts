// The prefetcher: batches rendered ahead of being asked for, into a ring of buffers. From a source's second epoch on it
// goes past the end of an epoch into the next, so that an epoch's first batch waits for nothing either; a source that is
// read once renders nothing in vain.

import type { Task } from '../workers/pool-worker.ts';
import { releaseBuffers, takeBuffer } from './buffer-pool.ts';
import type { EpochPlan } from './epoch-plan.ts';
import type { Renderer } from './renderer.ts';

export interface RenderedBatch {
  readonly x: Float32Array<SharedArrayBuffer>;
  readonly rows: Uint32Array;
}

interface Ahead extends RenderedBatch {
  readonly epoch: number;
  readonly batch: number;
  readonly task: Task;
  readonly buffer: Float32Array<SharedArrayBuffer>;
}

/** A batch and the one before it stay untouched while a consumer has them. */
const HELD = 2;

export class Prefetcher {
  readonly #renderer: Renderer;
  readonly #batchSize: number;
  readonly #rowLength: number;
  readonly #plan: (epoch: number) => EpochPlan;
  readonly #held: Float32Array<SharedArrayBuffer>[] = [];
  #queue: Ahead[] = [];
  #epochs = 0;

  constructor(renderer: Renderer, batchSize: number, rowLength: number, plan: (epoch: number) => EpochPlan) {
    this.#renderer = renderer;
    this.#batchSize = batchSize;
    this.#rowLength = rowLength;
    this.#plan = plan;
  }

  /** The batch, once it is rendered. The batch before the last becomes free. */
  async take(epoch: number, batch: number): Promise<RenderedBatch> {
    this.#release(HELD - 1);
    const head = this.#queue[0];
    if (head !== undefined && (head.epoch !== epoch || head.batch !== batch)) await this.#discard();
    if (this.#queue.length === 0) this.#schedule(epoch, batch);
    const current = this.#queue.shift()!;
    this.#held.push(current.buffer);
    this.#fill(epoch, batch);
    this.#helpUntilDone(current.task);
    await current.task.ready();
    return current;
  }

  /** Ends an epoch: the batch before the last becomes free. */
  endEpoch(): void {
    this.#epochs++;
    this.#release(HELD - 1);
  }

  #release(held: number): void {
    while (this.#held.length > held) releaseBuffers([this.#held.shift()!]);
  }

  /**
   * A thread that would only wait renders batches instead: the one that it waits for, or, where a worker is at that
   * already, others from the end of the queue, as the workers come from its beginning.
   */
  #helpUntilDone(task: Task): void {
    if (task.isDone() || task.help()) return;
    const others = this.#queue.map((ahead) => ahead.task);
    while (!task.isDone() && others.length > 0) others.pop()!.help();
  }

  /** Work on a batch that nobody will ask for must not go on when its buffer is used again. */
  async #discard(): Promise<void> {
    const abandoned = this.#queue;
    this.#queue = [];
    for (const { task } of abandoned) task.cancel();
    await Promise.allSettled(abandoned.map(({ task }) => task.ready()));
    releaseBuffers(abandoned.map(({ buffer }) => buffer));
  }

  #schedule(epoch: number, batch: number): void {
    const rows = this.#plan(epoch).rows(batch);
    const buffer = takeBuffer(this.#batchSize * this.#rowLength);
    const x = buffer.subarray(0, rows.length * this.#rowLength);
    const task = this.#renderer.render({ epoch, batch, rows }, x);
    this.#queue.push({ epoch, batch, rows, x, buffer, task });
  }

  /** Hands out the batches that follow, as many as the renderer has under way. */
  #fill(epoch: number, batch: number): void {
    let { epoch: e, batch: b } = this.#queue.at(-1) ?? { epoch, batch };
    while (this.#queue.length < this.#renderer.ahead) {
      b++;
      if (b >= this.#plan(e).batchCount) {
        if (this.#epochs === 0) return;
        [e, b] = [e + 1, 0];
      }
      this.#schedule(e, b);
    }
  }
}
