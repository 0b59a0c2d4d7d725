// The files of a site besides its pages: collected in memory while the pages are made, and written beside them.

import { hash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sum } from './numbers.ts';

export class Assets {
  readonly #files = new Map<string, Uint8Array>();

  /** Keeps a file, and gives its address from the site's root. */
  add(folder: string, name: string, bytes: Uint8Array | string): string {
    const address = `assets/${folder}/${name.replace(/[^A-Za-z0-9._-]+/g, '-')}`;
    this.#files.set(address, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    return address;
  }

  /**
   * Keeps a photograph under its content's name: runs on the same images share their files.
   * @param jpeg the file, or the file in base64, which is decoded where it is new
   */
  addPhotograph(jpeg: Uint8Array | string): string {
    const name = `${hash('sha256', jpeg).slice(0, 16)}.jpg`;
    const address = `assets/images/${name}`;
    if (this.#files.has(address)) return address;
    return this.add('images', name, typeof jpeg === 'string' ? Buffer.from(jpeg, 'base64') : jpeg);
  }

  /** Bytes of all files so far. */
  get bytes(): number {
    return sum([...this.#files.values()].map(({ length }) => length));
  }

  /** The file at an address. */
  get(address: string): Uint8Array | undefined {
    return this.#files.get(address);
  }

  write(root: string): void {
    const folders = new Set([...this.#files.keys()].map(dirname));
    for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
    for (const [address, bytes] of this.#files) writeFileSync(join(root, address), bytes);
  }
}
