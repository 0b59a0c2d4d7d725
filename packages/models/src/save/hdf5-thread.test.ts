import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openHdf5Thread, readContents } from './hdf5-thread.ts';

// Found by `npm run fuzz -- h5`: a network of ours with some bytes changed, from which HDF5's library never returns.
const endless = readFileSync(new URL('../../test/fixtures/endless.h5', import.meta.url));

test('a file from which the library never returns is given up', async () => {
  const thread = openHdf5Thread();
  await expect(thread.read({ kind: 'model', bytes: endless }, 1)).rejects.toThrow(
    'it could not be read within 1.0 s: the file is damaged',
  );
  await thread.end();
  await expect(thread.read({ kind: 'model', bytes: endless }, 600)).rejects.toThrow(
    /the thread that reads it ended/,
  );
});

test('what is no HDF5 file is refused before the library sees it', async () => {
  await expect(readContents('weights', Buffer.from('PK\u0003\u0004'))).rejects.toThrow('it is no HDF5 file');
});
