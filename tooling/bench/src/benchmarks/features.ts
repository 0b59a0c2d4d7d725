// Features of images in memory, beside a peer: VGG16 beside Keras' `predict` (float32, the preprocessing of both counted;
// in batches of 8 the convolutions are ONNX Runtime's own, in larger ones Winograd's), and EfficientNet-Lite0 beside a
// plain float32 graph in Python's onnxruntime, whose preprocessing is not counted.

import { join } from 'node:path';
import { peerPlaces } from '@sightline/peers';
import type { Benchmark } from '../benchmark.ts';
import { comparePrograms, type Peer } from '../compare-programs.ts';

interface Case {
  /** Height and width. */
  readonly size: number;
  readonly images: number;
  readonly batch: number;
  readonly precision: 'fp32' | 'int8';
  /** The ratio to reach. */
  readonly target?: number;
}

const benchmarkOf = (title: string, network: string, peer: Peer, cases: readonly Case[]): Benchmark => ({
  title,
  async run({ rounds = 7 }) {
    const result = await comparePrograms(['features', network], peer, () =>
      cases.map(({ target, ...request }) => ({
        what: `${request.size}x${request.size}`,
        unit: 'images/s',
        amount: request.images,
        rounds,
        warmUp: 1,
        target,
        ours: { name: `${request.precision}, batches of ${request.batch}`, request },
        peer: { name: peer.name, request },
      })),
    );
    return { ...result, notes: [] };
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
