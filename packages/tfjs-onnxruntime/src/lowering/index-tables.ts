// Tables of indices that lowerings make again and again for the same windows. They are kept by what they depend on;
// those used longest ago are forgotten where all together take too much memory.

/** The table of 3x3 windows over 224x224 pixels is 1.8 MB. */
const MOST_BYTES = 2 ** 23;

export class IndexTables {
  readonly #tables = new Map<string, Int32Array>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The table of a key, made where there is none. The one asked for last is kept, whatever its size. */
  get(key: string, make: () => Int32Array): Int32Array {
    const known = this.#tables.get(key);
    const table = known ?? make();
    if (known) this.#tables.delete(key);
    else this.#bytes += table.byteLength;
    this.#tables.set(key, table);
    for (const [oldest, { byteLength }] of this.#tables) {
      if (this.#bytes <= this.#mostBytes || oldest === key) break;
      this.#tables.delete(oldest);
      this.#bytes -= byteLength;
    }
    return table;
  }
}
