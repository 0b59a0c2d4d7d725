// Images/s from files to batches, cold and from the cache, and augmented batches, beside Keras' ImageDataGenerator on
// the same folder. Batches of 128, 64x64.

import { join } from 'node:path';
import { carOrOther, findPython, peerPlaces } from '@sightline/peers';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { type Child, startChild } from '../child.ts';
import { type Comparison, type Contender, compare } from '../comparison.ts';
import { places } from '../places.ts';

/** `peer` is what Keras does meanwhile: it keeps nothing, so it loads from files. */
const CASES = [
  { what: 'load from files', task: 'load', peer: 'load', target: 1.5 },
  { what: 'from memory', task: 'memory', peer: 'load', target: 10 },
  { what: 'from the cache file', task: 'cached', peer: 'load', target: 10 },
  { what: 'from the cache file into memory', task: 'reloaded', peer: 'load' },
  { what: 'opened and from the cache file', task: 'again', peer: 'load' },
  { what: 'augmented batches', task: 'augment', peer: 'augment', target: 6 },
] as const;

export const data: Benchmark = {
  title: "images/s of loading and augmenting, beside Keras' ImageDataGenerator",
  async run({ data: given, rounds = 7 }) {
    const folder = given ?? (await carOrOther());
    const keras = await startChild('Keras', await findPython(), [join(peerPlaces.keras, 'data.py'), folder]);
    const ours = await startChild('ours', process.execPath, [
      ...process.execArgv,
      join(places.bench, 'src/contenders/data.ts'),
      folder,
    ]);
    const contender = (child: Child, task: string): Contender => ({
      name: task,
      time: async () => (await child.ask<{ seconds: number }>({ do: task })).seconds,
    });
    const comparisons: Comparison[] = [];
    try {
      const { images } = await ours.ask<{ images: number }>({ do: 'count' });
      for (const { what, task, peer, target } of CASES.map((each) => ({ target: undefined, ...each }))) {
        const reach = target === undefined ? {} : { target };
        const work = { what, unit: 'images/s', amount: images, rounds, warmUp: 2, ...reach } as const;
        comparisons.push(await compare(contender(ours, task), contender(keras, peer), work));
      }
    } finally {
      keras.close();
      ours.close();
    }
    return {
      table: comparisonTable(comparisons),
      measurements: comparisons,
      software: keras.software,
      notes: [
        'From files: listing, hashing (ours), decoding, scaling and batching of the training split.',
        'From memory: an epoch after the first. From the cache file: what a later run does once its data set is open,',
        'batches drawn straight from the file, or from memory once all of it is read.',
        'Opened and from the cache file: all that a later run does: the folder is listed and each file looked up by its stamp.',
        'Keras keeps nothing: it decodes the files again at every epoch.',
      ],
    };
  },
};
