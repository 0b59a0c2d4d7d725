/** The entry of a thread that reads HDF5 files; see `hdf5-thread.ts`. */

import { parentPort } from 'node:worker_threads';
import { isSightlineError } from '@sightline/core';
import { readHdf5 } from './hdf5.ts';
import { CONTENTS } from './hdf5-contents.ts';
import type { Job, Outcome } from './hdf5-thread.ts';

const post = (outcome: Outcome) => parentPort!.postMessage(outcome);

parentPort!.on('message', async ({ kind, bytes }: Job) => {
  try {
    post({ contents: await readHdf5(bytes, CONTENTS[kind]) });
  } catch (error) {
    const { message } = error as Error;
    post({ message, code: isSightlineError(error) ? error.code : undefined });
  }
});
post({ isReady: true });
