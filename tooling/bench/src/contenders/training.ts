// Our side of the training benchmark, in a process of its own; keras/training.py and torch/training.py are the others and
// answer the same requests. `fit` is the training loop of @sightline/models, as a user calls it; `batches` is a compiled step called
// in a loop, the least that this engine does for a step; `hand-made`, for the baseline, is ../hand-made instead of ours.

import { arraySource, type BatchSource } from '@sightline/data';
import { type EngineName, seedNetwork, selectEngine } from '@sightline/models';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { serve } from '../child.ts';
import { HandMadeTrainer } from '../hand-made/trainer.ts';
import { software } from '../machine.ts';
import { type TrainingCase, type TrainingCaseName, trainingCases } from '../networks.ts';
import { binaryStep, runStep } from '../step.ts';
import { pacedFit, type Timer } from './paced-fit.ts';

/** Noise can't be learned, and a network that diverges would be timed on NaN. */
const LEARNING_RATE = 1e-4;
const STEPS_IN_MEMORY = 16;

/** `training.ts ENGINE`: another engine in the place of ours. */
const engine = await selectEngine((process.argv[2] ?? 'onnxruntime') as EngineName);

function noise({ shape, batch }: TrainingCase): BatchSource {
  const rows = batch * STEPS_IN_MEMORY;
  const data = Float32Array.from({ length: rows * tf.util.sizeFromShape([...shape]) }, Math.random);
  const labels = Int32Array.from({ length: rows }, () => Math.round(Math.random()));
  return arraySource(
    { data, shape: [rows, ...shape], labels, classes: ['other', 'car'] },
    { batchSize: batch, seed: 1, shuffle: true },
  );
}

async function fitTimer(model: tfl.LayersModel, source: BatchSource): Promise<Timer> {
  const optimizer = { name: 'adam', learningRate: LEARNING_RATE } as const;
  return pacedFit(model, source, { epochs: 1, engine, optimizer });
}

interface HeldBatch {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly shape: readonly number[];
}

/** Batches that lie in memory. */
async function heldBatches(source: BatchSource): Promise<HeldBatch[]> {
  const batches: HeldBatch[] = [];
  for await (const { x, y, shape } of source.batches(1)) batches.push({ x: x.slice(), y: y.slice(), shape });
  return batches;
}

/** Times a bare compiled step. */
async function stepTimer(model: tfl.LayersModel, source: BatchSource): Promise<Timer> {
  const step = engine.compile(binaryStep(model, LEARNING_RATE));
  const batches = await heldBatches(source);
  return async (steps) => {
    const began = performance.now();
    for (let i = 0; i < steps; i++) {
      const { x, y, shape } = batches[i % batches.length]!;
      runStep(step, x, shape, y);
    }
    return (performance.now() - began) / 1000;
  };
}

/** Times the hand-made graph of the baseline's step. */
async function handMadeTimer(model: tfl.LayersModel, source: BatchSource): Promise<Timer> {
  const weights = model.getWeights().map((w) => w.dataSync() as Float32Array);
  const batches = await heldBatches(source);
  const trainer = await HandMadeTrainer.create(batches[0]!.shape[0]!, weights, LEARNING_RATE);
  return async (steps) => {
    const began = performance.now();
    for (let i = 0; i < steps; i++) {
      const { x, y } = batches[i % batches.length]!;
      await trainer.step(x, y);
    }
    return (performance.now() - began) / 1000;
  };
}

const makers = { fit: fitTimer, batches: stepTimer, 'hand-made': handMadeTimer };
type Way = keyof typeof makers;

const timers = new Map<string, Timer>();

async function timer(name: TrainingCaseName, way: Way): Promise<Timer> {
  const key = `${name} ${way}`;
  if (!timers.has(key)) {
    const trainingCase = trainingCases[name];
    const model = await seedNetwork(trainingCase.network(trainingCase.shape, 2), 1);
    timers.set(key, await makers[way](model, noise(trainingCase)));
  }
  return timers.get(key)!;
}

await serve(software(), async (request) => {
  if (request.do === 'peak') return { bytes: process.resourceUsage().maxRSS * 1024 };
  const name = request.case as TrainingCaseName;
  if (request.do === 'prepare') return { batch: trainingCases[name].batch };
  const time = await timer(name, request.way as Way);
  return { seconds: await time(request.steps as number) };
});
process.exit(0);
