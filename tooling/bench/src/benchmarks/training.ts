// Training in memory: images a second of whole training steps beside Keras and PyTorch, network by network. Like stands
// beside like: our `fit` and Keras' `fit` (batches drawn from the arrays, metrics), and our compiled step beside steps
// with no loop around them: Keras' `train_on_batch`, PyTorch's eager one and that of `torch.compile`, and the same step
// on tfjs-node. The baseline's compiled step stands beside a graph written by hand as well.

import { join } from 'node:path';
import { isSightlineError, SightlineError } from '@sightline/core';
import { findPython, peerPlaces, tfjsNodeArguments } from '@sightline/peers';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { type Child, startChild } from '../child.ts';
import { type Comparison, type Contender, compare } from '../comparison.ts';
import { type TrainingCaseName, trainingCases } from '../networks.ts';
import { places } from '../places.ts';

/** Ratios to reach, by peer. */
type Targets = Partial<Record<'keras' | 'torch' | 'compiled', number>>;

/** Steps of a round: each takes about a second, long enough for neither side's start to count. */
const plan: Record<TrainingCaseName, { steps: number; targets: Targets }> = {
  baseline: { steps: 80, targets: { keras: 1.3 } },
  'dense-backend': { steps: 250, targets: { keras: 2 } },
  residual: { steps: 3, targets: { keras: 1, torch: 1, compiled: 1.3 } },
  vgg16: { steps: 2, targets: { keras: 0.8 } },
  lite0: { steps: 2, targets: { torch: 1.5 } },
};

/**
 * Rounds that are not counted. A compiled step is traced again to check it at its 8th call, its 16th and so on, which in a
 * round of two or three steps would count as much as the steps.
 */
const WARM_UP = 6;

type Way = 'fit' | 'batches' | 'hand-made';

/** A program that one of ours stands beside, both asked to train in a way of theirs. */
interface Pair {
  readonly ours: Way;
  readonly peer: string;
  readonly targets: keyof Targets | undefined;
  readonly start: () => Promise<Child>;
  /** What the peer is asked for where it has several ways. */
  readonly way: Way;
  readonly has: (name: TrainingCaseName) => boolean;
}

const labels: Record<Way, string> = {
  fit: 'fit',
  batches: 'compiled step',
  'hand-made': 'graph by hand',
};

const contenderProgram = join(places.bench, 'src/contenders/training.ts');

const startOurs = () => startChild('ours', process.execPath, [...process.execArgv, contenderProgram]);

async function startTfjsNode(): Promise<Child> {
  const node = [...process.execArgv, ...(await tfjsNodeArguments())];
  return startChild('tfjs-node', process.execPath, [...node, contenderProgram, 'tfjs-node']);
}

function allPairs(python: string): Pair[] {
  const startKeras = () => startChild('Keras', python, [join(peerPlaces.keras, 'training.py')]);
  const startTorch = (mode: string) => () =>
    startChild('PyTorch', python, [join(peerPlaces.torch, 'training.py'), mode]);
  // Keras has no EfficientNet-Lite.
  const keras = {
    targets: 'keras',
    start: startKeras,
    has: (name) => name !== 'lite0',
  } as const satisfies Partial<Pair>;
  const step = { ours: 'batches', way: 'batches', has: () => true } as const;
  return [
    { ...keras, ours: 'fit', way: 'fit', peer: 'Keras fit' },
    { ...keras, ours: 'batches', way: 'batches', peer: 'Keras train_on_batch' },
    { ...step, peer: 'PyTorch', targets: 'torch', start: startTorch('eager') },
    { ...step, peer: 'tfjs-node', targets: undefined, start: startTfjsNode },
    { ...step, peer: 'torch.compile', targets: 'compiled', start: startTorch('compiled') },
    {
      ours: 'batches',
      way: 'hand-made',
      peer: labels['hand-made'],
      targets: undefined,
      start: startOurs,
      has: (name) => name === 'baseline',
    },
  ];
}

export const training: Benchmark = {
  title: 'images/s of training in memory, beside Keras and PyTorch for five networks',
  async run({ rounds = 7, experiment }) {
    const python = await findPython();
    const names = Object.keys(plan) as TrainingCaseName[];
    if (experiment !== undefined && !Object.hasOwn(plan, experiment)) {
      throw new SightlineError(
        'usage',
        `--experiment takes one of ${names.join(', ')}, but got ${experiment}.`,
      );
    }
    const comparisons: Comparison[] = [];
    const notes: string[] = [];
    const software: Record<string, string> = {};
    for (const name of names) {
      if (experiment !== undefined && name !== experiment) continue;
      for (const pair of allPairs(python)) {
        if (!pair.has(name)) continue;
        try {
          comparisons.push(await comparePair(name, pair, rounds, software));
        } catch (error) {
          if (!isSightlineError(error)) throw error;
          notes.push(`${name} beside ${pair.peer}: not measured. ${error.message}`);
        }
      }
    }
    if (notes.some((note) => note.includes("No module named 'torch'"))) {
      notes.push(
        `PyTorch is installed apart: ${python} -m pip install -r tooling/peers/torch/requirements.txt`,
      );
    }
    return { table: comparisonTable(comparisons), measurements: comparisons, software, notes };
  },
};

/** Both sides in processes of their own: no case pays for what another left in memory, or goes down with it. */
async function comparePair(
  name: TrainingCaseName,
  pair: Pair,
  rounds: number,
  software: Record<string, string>,
): Promise<Comparison> {
  const { steps, targets } = plan[name];
  const peer = await pair.start();
  const ours = await startOurs();
  try {
    Object.assign(software, peer.software);
    await peer.ask({ do: 'prepare', case: name });
    const contender = (label: string, child: Child, way: Way): Contender => ({
      name: label,
      time: async () =>
        (await child.ask<{ seconds: number }>({ do: 'time', case: name, way, steps })).seconds,
    });
    const target = pair.targets && targets[pair.targets];
    const comparison = await compare(
      contender(labels[pair.ours], ours, pair.ours),
      contender(pair.peer, peer, pair.way),
      {
        what: name,
        unit: 'images/s',
        amount: steps * trainingCases[name].batch,
        rounds,
        warmUp: WARM_UP,
        ...(target === undefined ? {} : { target }),
      },
    );
    const peak = async (child: Child) => (await child.ask<{ bytes: number }>({ do: 'peak' })).bytes;
    return { ...comparison, peak: { ours: await peak(ours), peer: await peak(peer) } };
  } finally {
    peer.close();
    ours.close();
  }
}
