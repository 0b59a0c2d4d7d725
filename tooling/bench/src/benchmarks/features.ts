// VGG16's features of images in memory beside Keras' VGG16 without top by `predict` (float32): the same weights, the
// preprocessing of both counted. In batches of 8 the convolutions are ONNX Runtime's own, in larger ones Winograd's.

import { join } from 'node:path';
import { findPython, peerPlaces } from '@sightline/peers';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { type Child, startChild } from '../child.ts';
import { type Comparison, type Contender, compare } from '../comparison.ts';
import { places } from '../places.ts';

const CASES = [
  { size: 64, images: 256, batch: 32, precision: 'fp32', target: 2 },
  { size: 64, images: 256, batch: 8, precision: 'fp32' },
  { size: 64, images: 256, batch: 32, precision: 'int8' },
  { size: 128, images: 64, batch: 32, precision: 'fp32' },
] as const;

export const features: Benchmark = {
  title: "images/s of VGG16's features, beside Keras",
  async run({ rounds = 7 }) {
    const keras = await startChild('Keras', await findPython(), [
      join(peerPlaces.keras, 'features.py'),
      peerPlaces.vgg16Weights,
    ]);
    const ours = await startChild('ours', process.execPath, [
      ...process.execArgv,
      join(places.bench, 'src/contenders/features.ts'),
    ]);
    const comparisons: Comparison[] = [];
    try {
      for (const { target, ...work } of CASES.map((each) => ({ target: undefined, ...each }))) {
        const contender = (child: Child, name: string): Contender => ({
          name,
          time: async () => (await child.ask<{ seconds: number }>({ do: 'time', ...work })).seconds,
        });
        comparisons.push(
          await compare(
            contender(ours, `${work.precision}, batches of ${work.batch}`),
            contender(keras, 'Keras predict'),
            {
              what: `${work.size}x${work.size}`,
              unit: 'images/s',
              amount: work.images,
              rounds,
              warmUp: 1,
              ...(target === undefined ? {} : { target }),
            },
          ),
        );
      }
    } finally {
      keras.close();
      ours.close();
    }
    return {
      table: comparisonTable(comparisons),
      measurements: comparisons,
      software: keras.software,
      notes: [],
    };
  },
};
