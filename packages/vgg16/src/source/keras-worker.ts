/** The entry of a thread that reads Keras' HDF5 files; see `keras-thread.ts`. */

import { serveReader } from '@sightline/core/thread';
import { readKerasWeights } from './keras.ts';
import type { Job } from './keras-thread.ts';

serveReader(({ path, wanted }: Job) => readKerasWeights(path, wanted));
