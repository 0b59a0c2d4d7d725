// The job of the worker pool that hashes files.

import { hash } from 'node:crypto';
import type { ParallelJob } from '../workers/parallel.ts';
import { type FileList, fileProcessor } from './file-reader.ts';

export const DIGEST_BYTES = 32;

export interface HashInput {
  readonly files: FileList;
  /** sha256 of each file, one after the other. */
  readonly digests: Uint8Array<SharedArrayBuffer>;
}

export const hashJob: ParallelJob<HashInput> = {
  name: 'hash',
  purpose: 'read files',
  worthThreads: 128,
  processor: ({ files, digests }) =>
    fileProcessor(files, (bytes, index) => {
      digests.set(hash('sha256', bytes, 'buffer'), index * DIGEST_BYTES);
      return true;
    }),
};
