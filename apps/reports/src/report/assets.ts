// The pictures of a site, collected in memory while its pages are put together, and written beside them at the end.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export class Assets {
  readonly #files = new Map<string, Uint8Array>();

  /** Keeps a file, and gives its address from the site's root. */
  add(folder: string, name: string, bytes: Uint8Array): string {
    const address = `assets/${folder}/${name}`;
    this.#files.set(address, bytes);
    return address;
  }

  write(root: string): void {
    for (const [address, bytes] of this.#files) {
      const path = join(root, address);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
  }
}
