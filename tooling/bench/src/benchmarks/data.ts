// Images/s from files to batches, cold and from the cache, and augmented batches, beside Keras' ImageDataGenerator on
// the same folder. Batches of 128, 64x64.

import { join } from 'node:path';
import { carOrOther, peerPlaces } from '@sightline/peers';
import type { Benchmark } from '../benchmark.ts';
import { comparePrograms } from '../compare-programs.ts';

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
    const keras = { name: 'Keras', program: [join(peerPlaces.keras, 'data.py'), folder] };
    const task = (name: string) => ({ name, request: { do: name } });
    const result = await comparePrograms(['data', folder], keras, async (ours) => {
      const { images } = await ours.ask<{ images: number }>({ do: 'count' });
      return CASES.map(({ task: own, peer, ...work }) => ({
        ...work,
        unit: 'images/s',
        amount: images,
        rounds,
        warmUp: 2,
        ours: task(own),
        peer: task(peer),
      }));
    });
    return {
      ...result,
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
