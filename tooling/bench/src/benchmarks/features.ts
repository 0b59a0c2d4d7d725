// Features of images in memory, beside a peer: VGG16 beside Keras' `predict` (float32, the preprocessing of both counted;
// in batches of 8 the convolutions are ONNX Runtime's own, in larger ones Winograd's), and EfficientNet-Lite0 beside a
// plain float32 graph in Python's onnxruntime, whose preprocessing is not counted.

import { join } from 'node:path';
import { findPython, peerPlaces } from '@sightline/peers';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { type Child, startChild } from '../child.ts';
import { type Comparison, type Contender, compare } from '../comparison.ts';
import { places } from '../places.ts';

interface Case {
  /** Height and width. */
  readonly size: number;
  readonly images: number;
  readonly batch: number;
  readonly precision: 'fp32' | 'int8';
  /** The ratio to reach. */
  readonly target?: number;
}

interface Peer {
  readonly name: string;
  /** A Python program and its arguments. */
  readonly program: readonly string[];
}

const benchmarkOf = (title: string, network: string, peer: Peer, cases: readonly Case[]): Benchmark => ({
  title,
  async run({ rounds = 7 }) {
    const theirs = await startChild(peer.name, await findPython(), peer.program);
    const ours = await startChild('ours', process.execPath, [
      ...process.execArgv,
      join(places.bench, 'src/contenders/features.ts'),
      network,
    ]);
    const comparisons: Comparison[] = [];
    try {
      for (const { target, ...work } of cases) {
        const contender = (child: Child, name: string): Contender => ({
          name,
          time: async () => (await child.ask<{ seconds: number }>({ do: 'time', ...work })).seconds,
        });
        comparisons.push(
          await compare(
            contender(ours, `${work.precision}, batches of ${work.batch}`),
            contender(theirs, peer.name),
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
      theirs.close();
      ours.close();
    }
    return {
      table: comparisonTable(comparisons),
      measurements: comparisons,
      software: theirs.software,
      notes: [],
    };
  },
});

export const features = benchmarkOf(
  "images/s of VGG16's features, beside Keras",
  'vgg16',
  { name: 'Keras predict', program: [join(peerPlaces.keras, 'features.py'), peerPlaces.vgg16Weights] },
  [
    { size: 64, images: 256, batch: 32, precision: 'fp32', target: 2 },
    { size: 64, images: 256, batch: 8, precision: 'fp32' },
    { size: 64, images: 256, batch: 32, precision: 'int8' },
    { size: 128, images: 64, batch: 32, precision: 'fp32' },
  ],
);

export const lite0 = benchmarkOf(
  "images/s of EfficientNet-Lite0's features, beside onnxruntime",
  'efficientnet-lite0',
  { name: 'onnxruntime', program: [join(peerPlaces.onnx, 'lite0_features.py')] },
  [
    { size: 224, images: 64, batch: 4, precision: 'fp32', target: 1 },
    { size: 224, images: 64, batch: 4, precision: 'int8', target: 2 },
    { size: 128, images: 128, batch: 4, precision: 'fp32' },
    { size: 128, images: 128, batch: 4, precision: 'int8' },
  ],
);
