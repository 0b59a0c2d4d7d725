// A parser of two bytes with one fault of each kind, by the first of them.

import { SightlineError } from '@sightline/core';

export const seeds = (): Uint8Array[] => [0, 130, 200].map((kind) => Uint8Array.of(kind, 0));

export function parse(bytes: Uint8Array): void {
  const [kind = 0] = bytes;
  if (kind < 64) return;
  if (kind < 128) throw new SightlineError('broken', 'It is damaged.');
  if (kind === 200) Buffer.alloc(400e6, 1);
  else if (kind < 224) throw new RangeError(`out of range at ${bytes.length}`);
  else if (kind < 240) process.kill(process.pid, 'SIGSEGV');
  else for (;;);
}
