// Fine-tuning the last five blocks of EfficientNet-Lite0, beside PyTorch that trains as many, and all of them.

import { join } from 'node:path';
import { peerPlaces } from '@sightline/peers';
import type { Benchmark } from '../benchmark.ts';
import { comparePrograms } from '../compare-programs.ts';

const [SIZE, BATCH, STEPS] = [128, 32, 2];
const BLOCKS = 5;

/** What PyTorch trains, and the ratio to reach: 100 images/s where it trains all of them at 52 to 59. */
const CASES = [
  { peer: 'PyTorch, all blocks', blocks: 99, target: 1.7 },
  { peer: 'PyTorch, last five blocks', blocks: BLOCKS },
] as const;

export const fineTune: Benchmark = {
  title: "images/s of fine-tuning EfficientNet-Lite0's last five blocks at 128x128, beside PyTorch",
  async run({ rounds = 5 }) {
    const program = [join(peerPlaces.torch, 'lite0_training.py')];
    const task = (name: string, blocks: number) => ({
      name,
      request: { size: SIZE, batch: BATCH, steps: STEPS, blocks },
    });
    const result = await comparePrograms(['fine-tune'], { name: 'PyTorch', program }, () =>
      CASES.map(({ peer, blocks, ...target }) => ({
        what: `${SIZE}x${SIZE}, batches of ${BATCH}`,
        unit: 'images/s',
        amount: BATCH * STEPS,
        rounds,
        warmUp: 1,
        ...target,
        ours: task('last five blocks', BLOCKS),
        peer: task(peer, blocks),
      })),
    );
    return {
      ...result,
      notes: [
        'All read images from memory, as they are: augmentation, which Sightline does ahead in other threads, is left out.',
      ],
    };
  },
};
