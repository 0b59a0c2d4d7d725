// Fine-tuning the last five blocks of EfficientNet-Lite0, beside PyTorch that trains as many, and all of them.

import { join } from 'node:path';
import { findPython, peerPlaces } from '@sightline/peers';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { type Child, startChild } from '../child.ts';
import { type Comparison, type Contender, compare } from '../comparison.ts';
import { places } from '../places.ts';

const [SIZE, BATCH, STEPS] = [128, 32, 4];
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
    const theirs = await startChild('PyTorch', await findPython(), program);
    const contender = join(places.bench, 'src/contenders/fine-tune.ts');
    const ours = await startChild('ours', process.execPath, [...process.execArgv, contender]);
    const side = (child: Child, name: string, blocks: number): Contender => ({
      name,
      async time() {
        const work = { do: 'time', size: SIZE, batch: BATCH, steps: STEPS, blocks };
        return (await child.ask<{ seconds: number }>(work)).seconds;
      },
    });
    const comparisons: Comparison[] = [];
    try {
      for (const { peer, blocks, ...target } of CASES) {
        comparisons.push(
          await compare(side(ours, 'last five blocks', BLOCKS), side(theirs, peer, blocks), {
            what: `${SIZE}x${SIZE}, batches of ${BATCH}`,
            unit: 'images/s',
            amount: BATCH * STEPS,
            rounds,
            warmUp: 1,
            ...target,
          }),
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
};
