// Training in memory: images a second of whole training steps beside Keras, network by network. Like stands beside
// like: our `fit` and Keras' `fit` (batches drawn from the arrays, metrics), and our compiled step beside Keras'
// `train_on_batch` (no loop around it). The compiled step stands beside the same step on tfjs-node as well, and the
// baseline's beside a graph written by hand.

import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { findPython, peerPlaces, tfjsNodeArguments } from '@sightline/peers';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { type Child, startChild } from '../child.ts';
import { type Comparison, type Contender, compare } from '../comparison.ts';
import { type TrainingCaseName, trainingCases } from '../networks.ts';
import { places } from '../places.ts';

/** Steps of a round: each takes about a second, long enough for neither side's start to count. */
const plan: Record<TrainingCaseName, { steps: number; target: number }> = {
  baseline: { steps: 80, target: 1.3 },
  'dense-backend': { steps: 250, target: 2 },
  residual: { steps: 3, target: 0.7 },
  vgg16: { steps: 2, target: 0.8 },
};

const ways = { fit: ['fit', 'fit'], batches: ['compiled step', 'train_on_batch'] } as const;
type Way = keyof typeof ways;

/** A contender's process, and what it is to be asked to time. */
interface Side {
  readonly label: string;
  readonly child: Child;
  readonly way: Way | 'hand-made';
}

export const training: Benchmark = {
  title: 'images/s of training in memory, beside Keras for four networks',
  async run({ rounds = 7 }) {
    const python = await findPython();
    const comparisons: Comparison[] = [];
    const notes: string[] = [];
    let software = {};
    // Processes of their own: no case pays for what another left in memory, or goes down with it.
    const startKeras = () => startChild('Keras', python, [join(peerPlaces.keras, 'training.py')]);
    const contender = join(places.bench, 'src/contenders/training.ts');
    const startOurs = () => startChild('ours', process.execPath, [...process.execArgv, contender]);
    const add = async (name: TrainingCaseName, target: number | undefined, ours: Side, peer: Side) => {
      try {
        comparisons.push(await compareCase(name, target, ours, peer, rounds));
      } catch (error) {
        if (!(error instanceof SightlineError)) throw error;
        notes.push(`${name}, ${ours.label}: not measured. ${error.message}`);
      } finally {
        ours.child.close();
        peer.child.close();
      }
    };
    for (const name of Object.keys(plan) as TrainingCaseName[]) {
      for (const way of Object.keys(ways) as Way[]) {
        const [label, kerasLabel] = ways[way];
        const keras = { label: `Keras ${kerasLabel}`, child: await startKeras(), way };
        software = keras.child.software;
        await keras.child.ask({ do: 'prepare', case: name });
        await add(name, plan[name].target, { label, child: await startOurs(), way }, keras);
      }
    }
    try {
      const node = [...process.execArgv, ...(await tfjsNodeArguments())];
      for (const name of Object.keys(plan) as TrainingCaseName[]) {
        const child = await startChild('tfjs-node', process.execPath, [...node, contender, 'tfjs-node']);
        const tfjsNode: Side = { label: 'tfjs-node', child, way: 'batches' };
        await add(
          name,
          undefined,
          { label: 'compiled step', child: await startOurs(), way: 'batches' },
          tfjsNode,
        );
      }
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      notes.push(`tfjs-node: not measured. ${error.message}`);
    }
    const byHand: Side = { label: 'graph by hand', child: await startOurs(), way: 'hand-made' };
    const traced: Side = { label: 'compiled step', child: await startOurs(), way: 'batches' };
    await add('baseline', undefined, traced, byHand);
    return { table: comparisonTable(comparisons), measurements: comparisons, software, notes };
  },
};

async function compareCase(
  name: TrainingCaseName,
  target: number | undefined,
  ours: Side,
  peer: Side,
  rounds: number,
): Promise<Comparison> {
  const { steps } = plan[name];
  const contender = ({ label, child, way }: Side): Contender => ({
    name: label,
    time: async () => (await child.ask<{ seconds: number }>({ do: 'time', case: name, way, steps })).seconds,
  });
  const amount = steps * trainingCases[name].batch;
  const work = { what: name, unit: 'images/s', amount, rounds, warmUp: 2 } as const;
  return compare(contender(ours), contender(peer), target === undefined ? work : { ...work, target });
}
