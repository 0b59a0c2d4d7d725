// Training in memory: images a second of whole training steps beside Keras, network by network. Like stands beside
// like: our `fit` and Keras' `fit` (batches drawn from the arrays, metrics), and our compiled step beside Keras'
// `train_on_batch` (no loop around it).

import { join } from 'node:path';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { type Child, startChild } from '../child.ts';
import { type Comparison, type Contender, compare } from '../comparison.ts';
import { BenchError } from '../error.ts';
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
type Way = keyof typeof ways;

export const training: Benchmark = {
  title: 'images/s of training in memory, beside Keras for four networks',
  async run({ rounds = 7 }) {
    const python = await findPython();
    const comparisons: Comparison[] = [];
    const notes: string[] = [];
    let software = {};
    for (const name of Object.keys(plan) as TrainingCaseName[]) {
      for (const way of Object.keys(ways) as Way[]) {
        // Processes of their own: no case pays for what another left in memory, or goes down with it.
        const keras = await startChild('Keras', python, [join(places.keras, 'training.py')]);
        const ours = await startChild('ours', process.execPath, [
          ...process.execArgv,
          join(places.bench, 'src/contenders/training.ts'),
        ]);
        software = keras.software;
        try {
          comparisons.push(await compareCase(name, way, ours, keras, rounds));
        } catch (error) {
          if (!(error instanceof BenchError)) throw error;
          notes.push(`${name}, ${ways[way][0]}: not measured. ${error.message}`);
        } finally {
          keras.close();
          ours.close();
        }
      }
    }
    return { table: comparisonTable(comparisons), figures: comparisons, software, notes };
  },
};

async function compareCase(
  name: TrainingCaseName,
  way: Way,
  ours: Child,
  keras: Child,
  rounds: number,
): Promise<Comparison> {
  const { steps, target } = plan[name];
  const [ourWay, kerasWay] = ways[way];
  const contender = (child: Child, label: string): Contender => ({
    name: label,
    time: async () => (await child.ask<{ seconds: number }>({ do: 'time', case: name, way, steps })).seconds,
  });
  const amount = steps * trainingCases[name].batch;
  const work = { what: name, unit: 'images/s', amount, target, rounds, warmUp: 2 } as const;
  await keras.ask({ do: 'prepare', case: name });
  return compare(contender(ours, ourWay), contender(keras, `Keras ${kerasWay}`), work);
}
