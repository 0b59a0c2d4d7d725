// Training in memory: images a second of whole training steps beside Keras, network by network. Like stands beside
// like: our `fit` and Keras' `fit` (batches drawn from the arrays, metrics), and our compiled step beside Keras'
// `train_on_batch` (no loop around it).

import { join } from 'node:path';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { type Child, startChild } from '../child.ts';
import { type Comparison, type Contender, compare } from '../comparison.ts';
import { type TrainingCaseName, trainingCases } from '../networks.ts';
import { places } from '../places.ts';
import { findPython } from '../python.ts';

/** Steps of a round: each takes about a second, long enough for neither side's start to count. */
const plan: Record<TrainingCaseName, { steps: number; target: number }> = {
  baseline: { steps: 80, target: 1.3 },
  'dense-backend': { steps: 250, target: 2 },
  residual: { steps: 3, target: 0.7 },
  vgg16: { steps: 2, target: 0.8 },
};

const ways = { fit: ['fit', 'fit'], batches: ['compiled step', 'train_on_batch'] } as const;

export const training: Benchmark = {
  title: 'images/s of training in memory, beside Keras (issue table: baseline to VGG16)',
  async run({ rounds = 7 }) {
    const keras = await startChild('Keras', await findPython(), [join(places.keras, 'training.py')]);
    const ours = await startChild('ours', process.execPath, [
      ...process.execArgv,
      join(places.bench, 'src/contenders/training.ts'),
    ]);
    const comparisons: Comparison[] = [];
    try {
      for (const [name, { steps, target }] of Object.entries(plan)) {
        await keras.ask({ do: 'prepare', case: name });
        for (const [way, [ourWay, kerasWay]] of Object.entries(ways)) {
          const contender = (child: Child, label: string): Contender => ({
            name: label,
            time: async () =>
              (await child.ask<{ seconds: number }>({ do: 'time', case: name, way, steps })).seconds,
          });
          const work = {
            what: name,
            unit: 'images/s' as const,
            amount: steps * trainingCases[name as TrainingCaseName].batch,
            target,
            rounds,
            warmUp: 2,
          };
          comparisons.push(
            await compare(contender(ours, ourWay), contender(keras, `Keras ${kerasWay}`), work),
          );
        }
      }
    } finally {
      keras.close();
      ours.close();
    }
    return {
      table: comparisonTable(comparisons),
      figures: comparisons,
      software: keras.software,
      notes: [],
    };
  },
};
