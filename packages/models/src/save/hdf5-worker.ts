/** The entry of a thread that reads HDF5 files; see `hdf5-thread.ts`. */

import { serveReader } from '@sightline/core/thread';
import { readHdf5 } from './hdf5.ts';
import { CONTENTS } from './hdf5-contents.ts';
import type { Job } from './hdf5-thread.ts';

serveReader(({ kind, bytes }: Job) => readHdf5(bytes, CONTENTS[kind]));
