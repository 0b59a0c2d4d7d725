// A lane: a ring of buffers in which batches are drawn ahead of being asked for, past the end of an epoch into the
// next, so that an epoch's first batch waits for nothing either.

import type { EpochPlan } from './epoch-plan.ts';
import type { Ticket } from './render-worker.ts';
import type { Renderer } from './renderer.ts';

export interface DrawnBatch {
  readonly x: Float32Array<SharedArrayBuffer>;
  readonly rows: Uint32Array;
}

interface Ahead extends DrawnBatch {
  readonly epoch: number;
  readonly batch: number;
  readonly ticket: Ticket;
  readonly buffer: Float32Array<SharedArrayBuffer>;
}

/** A batch and the one before it stay untouched while a consumer has them. */
const HELD = 2;

export class Lane {
  readonly #renderer: Renderer;
  readonly #rowLength: number;
  readonly #plan: (epoch: number) => EpochPlan;
  readonly #free: Float32Array<SharedArrayBuffer>[];
  readonly #held: Float32Array<SharedArrayBuffer>[] = [];
  #queue: Ahead[] = [];

  constructor(renderer: Renderer, batchSize: number, rowLength: number, plan: (epoch: number) => EpochPlan) {
    this.#renderer = renderer;
    this.#rowLength = rowLength;
    this.#plan = plan;
    const bytes = batchSize * rowLength * Float32Array.BYTES_PER_ELEMENT;
    this.#free = Array.from(
      { length: renderer.ahead + HELD },
      () => new Float32Array(new SharedArrayBuffer(bytes)),
    );
  }

  /** The batch, once it is drawn. The batch before the last becomes free. */
  async take(epoch: number, batch: number): Promise<DrawnBatch> {
    if (this.#held.length === HELD) this.#free.push(this.#held.shift()!);
    const head = this.#queue[0];
    if (head !== undefined && (head.epoch !== epoch || head.batch !== batch)) await this.#discard();
    if (this.#queue.length === 0) this.#schedule(epoch, batch);
    const current = this.#queue.shift()!;
    this.#held.push(current.buffer);
    this.#fill(epoch, batch);
    await current.ticket.ready();
    return current;
  }

  /** Work on a batch that nobody will ask for must end before its buffer can be used again. */
  async #discard(): Promise<void> {
    const abandoned = this.#queue;
    this.#queue = [];
    await Promise.allSettled(abandoned.map(({ ticket }) => ticket.ready()));
    this.#free.push(...abandoned.map(({ buffer }) => buffer));
  }

  #schedule(epoch: number, batch: number): void {
    const rows = this.#plan(epoch).rows(batch);
    const buffer = this.#free.pop()!;
    const x = buffer.subarray(0, rows.length * this.#rowLength);
    this.#queue.push({
      epoch,
      batch,
      rows,
      x,
      buffer,
      ticket: this.#renderer.draw({ epoch, batch, rows }, x),
    });
  }

  /** Hands out the batches that follow, as far as buffers and the renderer go. */
  #fill(epoch: number, batch: number): void {
    let { epoch: e, batch: b } = this.#queue.at(-1) ?? { epoch, batch };
    while (this.#queue.length < this.#renderer.ahead && this.#free.length > 0) {
      b++;
      if (b >= this.#plan(e).batchCount) [e, b] = [e + 1, 0];
      this.#schedule(e, b);
    }
  }
}
