import { SightlineError } from '@sightline/core';

export const seeds = (): Uint8Array[] => [Buffer.from('{"a": 1}')];

export function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new SightlineError('broken', (cause as Error).message.slice(0, 12), { cause });
  }
}
