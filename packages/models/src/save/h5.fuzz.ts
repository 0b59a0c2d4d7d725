// `npm run fuzz -- h5`: Keras 2's HDF5 files, as far as HDF5's own library reads them. Networks that come out of what it
// reads: `keras` and `tfjs`.

import { fuzzed } from '../testing/fuzzed-network.ts';
import { openHdf5Thread } from './hdf5-thread.ts';
import { loadKeras, saveKeras } from './keras.ts';

export const { seeds } = fuzzed('model.h5', saveKeras, loadKeras);

/** From some files the library never returns: those are ended soon, so that others have their turn. */
const SECONDS = 1;

let thread = openHdf5Thread();

export async function parse(bytes: Uint8Array): Promise<string> {
  try {
    await thread.read({ kind: 'model', bytes }, SECONDS);
    return 'whole';
  } catch (error) {
    const { message } = error as Error;
    // The library's memory may be what the file made of it.
    if (!message.includes('not defined')) {
      await thread.end();
      thread = openHdf5Thread();
    }
    return message.replace(/\d+/g, '#');
  }
}
