// Reads many small files, one after the other, into the same memory.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** Milliseconds a file may take on average before reading counts as slow. */
const SLOW_READ = 0.3;
/** No file counts for more: a thread that had to wait for a processor says nothing of the disk. */
const LONGEST_COUNTED = 1;
/** Most files of small images fit; what does not is read into memory of its own. */
const SCRATCH_BYTES = 1 << 17;

export class FileReader {
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);
  #average = 0;

  get isSlow(): boolean {
    return this.#average > SLOW_READ;
  }

  /**
   * The file's bytes, which stay until the next file is read. Undefined for a file that is not small, if `refuse` says
   * so from its first bytes. Throws what the system throws.
   */
  read(place: string, refuse: (start: Uint8Array) => boolean): Uint8Array | undefined {
    const began = performance.now();
    const file = openSync(place, 'r');
    try {
      const length = readSync(file, this.#scratch, 0, SCRATCH_BYTES, 0);
      if (length < SCRATCH_BYTES) return this.#scratch.subarray(0, length);
      return refuse(this.#scratch) ? undefined : readFileSync(file);
    } finally {
      closeSync(file);
      const took = Math.min(performance.now() - began, LONGEST_COUNTED);
      this.#average += (took - this.#average) / 32;
    }
  }
}
