/** Reads an HDF5 file on a thread of its own: from some that are damaged, HDF5's library never returns. */

import { ReaderThread, readOnThread, secondsToRead } from '@sightline/core/thread';
import type { CONTENTS, Hdf5Contents } from './hdf5-contents.ts';

export interface Job {
  readonly kind: keyof typeof CONTENTS;
  readonly bytes: Uint8Array;
}

/** From sources a TypeScript file, in a build an entry beside the bundle. */
const entry = () =>
  new URL(`./hdf5-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/** A thread that reads one file after the other. */
export const openHdf5Thread = () => new ReaderThread<Job, Hdf5Contents>(entry());

/**
 * What a kind of file holds. Throws SightlineError `saved-model` for damage that is named, an Error for other damage.
 */
export const readContents = (kind: Job['kind'], bytes: Uint8Array): Promise<Hdf5Contents> =>
  readOnThread(entry(), { kind, bytes } satisfies Job, secondsToRead(bytes.length));
