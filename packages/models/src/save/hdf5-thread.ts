/**
 * Reads an HDF5 file on a thread of its own. The library is C in WebAssembly: a damaged file can do nothing outside its
 * memory, but it can keep it busy for ever.
 */

import { Worker } from 'node:worker_threads';
import { duration, type ErrorCode, SightlineError } from '@sightline/core';
import type { CONTENTS, Hdf5Contents } from './hdf5-contents.ts';

export interface Job {
  readonly kind: keyof typeof CONTENTS;
  readonly bytes: Uint8Array;
}

export type Outcome =
  | { readonly isReady: true }
  | { readonly contents: Hdf5Contents }
  | { readonly message: string; readonly code: ErrorCode | undefined };

/** Half a gigabyte is read in seconds: ten times as long on a machine with other work. */
const secondsFor = (bytes: number): number => 60 + bytes / 5e6;

/** From sources a TypeScript file, in a build an entry beside the bundle. */
const entry = () =>
  new URL(`./hdf5-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

const ENDED = 'the thread that reads it ended';

/** A thread that reads one file after the other. */
export class Hdf5Thread {
  readonly #worker: Worker;
  readonly #isReady: Promise<Outcome>;
  #hasEnded = false;

  constructor() {
    // What the library prints of damage is kept from the terminal.
    this.#worker = new Worker(entry(), { stdout: true, stderr: true });
    this.#worker.once('exit', () => (this.#hasEnded = true));
    this.#isReady = this.#next();
  }

  /**
   * What a kind of file holds. Throws SightlineError `saved-model` for damage that it names, an Error for other damage.
   *
   * @param seconds how long the library may take. Default: by the file's size.
   */
  async read(job: Job, seconds = secondsFor(job.bytes.length)): Promise<Hdf5Contents> {
    await this.#isReady;
    if (this.#hasEnded) throw new Error(ENDED);
    this.#worker.postMessage(job);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`it could not be read within ${duration(seconds)}: the file is damaged`);
      timer = setTimeout(() => reject(error), seconds * 1000);
    });
    try {
      const outcome = await Promise.race([this.#next(), late]);
      if ('contents' in outcome) return outcome.contents;
      const { message, code } = outcome as Extract<Outcome, { message: string }>;
      throw code === undefined ? new Error(message) : new SightlineError(code, message);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the thread, in the middle of what it does. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #next(): Promise<Outcome> {
    const worker = this.#worker;
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const onExit = () => reject(new Error(ENDED));
    worker.once('message', resolve).once('error', reject).once('exit', onExit);
    const settled = promise.finally(() =>
      worker.off('message', resolve).off('error', reject).off('exit', onExit),
    );
    // One that nobody waits for any longer, because it came too late, may fail unseen.
    settled.catch(() => {});
    return settled;
  }
}

/** What one file holds; see `Hdf5Thread`. */
export async function readContents(kind: Job['kind'], bytes: Uint8Array): Promise<Hdf5Contents> {
  const thread = new Hdf5Thread();
  try {
    return await thread.read({ kind, bytes });
  } finally {
    await thread.end();
  }
}
