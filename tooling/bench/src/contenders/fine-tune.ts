// Our side of the benchmark of fine-tuning, in a process of its own: images in memory through the blocks that do not train,
// and the training step on the others, as `--fine-tune` runs them.

import { openBackbone, type Size } from '@sightline/backbone';
import { arraySource } from '@sightline/data';
import { loadEfficientNetLite0 } from '@sightline/efficientnet-lite';
import { backboneTail, selectEngine, throughBackbone } from '@sightline/models';
import { serve } from '../child.ts';
import { software } from '../machine.ts';
import { pacedFit, type Timer } from './paced-fit.ts';

const CLASSES = 10;
const BATCHES_IN_MEMORY = 4;

const backbone = await loadEfficientNetLite0();
const engine = await selectEngine('onnxruntime');
const timers = new Map<string, Timer>();

async function timerOf(size: number, batch: number, blocks: number): Promise<Timer> {
  const imageSize: Size = [size, size];
  const count = batch * BATCHES_IN_MEMORY;
  const data = Float32Array.from({ length: count * size * size * 3 }, () => Math.floor(Math.random() * 256));
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  const classes = Array.from({ length: CLASSES }, (_, k) => `class ${k}`);
  const shape = [count, size, size, 3];
  const images = arraySource({ data, shape, labels, classes }, { batchSize: batch, seed: 1, shuffle: true });
  const head = { weights: new Float32Array(1280 * CLASSES), bias: new Float32Array(CLASSES) };
  const { model, upTo } = backboneTail(backbone, imageSize, blocks, head);
  const frozen = await openBackbone(backbone, { imageSize, upTo });
  return pacedFit(model, throughBackbone(images, frozen), {
    engine,
    epochs: 1,
    optimizer: { name: 'adamw', learningRate: 1e-4, weightDecay: 0.05 },
    labelSmoothing: 0.1,
    ema: 0.98,
  });
}

await serve(software(), async (request) => {
  const { size, batch, blocks, steps } = request as Record<'size' | 'batch' | 'blocks' | 'steps', number>;
  const key = `${size} ${batch} ${blocks}`;
  const timer = timers.get(key) ?? (await timerOf(size, batch, blocks));
  timers.set(key, timer);
  return { seconds: await timer(steps) };
});
process.exit(0);
