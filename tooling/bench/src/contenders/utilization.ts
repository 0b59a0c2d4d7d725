// The whole pipeline before the baseline's training step: images in memory, augmented in worker threads, drawn ahead.
// Answers with where the training thread's time went, over a few epochs at a stretch.

import { setImmediate } from 'node:timers/promises';
import { imageSource, loadImages, openDataset } from '@sightline/data';
import { buildNetwork, selectEngine } from '@sightline/models';
import { classes } from '@sightline/peers';
import { serve } from '../child.ts';
import { software } from '../machine.ts';
import { binaryStep, runStep } from '../step.ts';

const [folder = ''] = process.argv.slice(2);
const engine = await selectEngine('onnxruntime');
const dataset = await openDataset(folder, { classes });
const images = await loadImages(dataset, 'train', { size: [64, 64] });
const model = await buildNetwork('baseline', [64, 64, 3], 2, 1);
const step = engine.compile(binaryStep(model, 1e-4));
const options = { batchSize: 128, seed: 1, shuffle: true } as const;
const sources = {
  plain: imageSource(images, options),
  augmented: imageSource(images, { ...options, augmentation: { horizontalFlip: true, rotation: 20 } }),
};
let epoch = 0;

await serve(software(), async (request) => {
  const source = sources[request.source as keyof typeof sources];
  const seconds = { step: 0, wait: 0, turn: 0 };
  const add = (part: keyof typeof seconds, began: number) => {
    const now = performance.now();
    seconds[part] += (now - began) / 1000;
    return now;
  };
  let steps = 0;
  let at = performance.now();
  for (let left = request.epochs as number; left > 0; left--) {
    for await (const { x, y, shape } of source.batches(epoch++)) {
      at = add('wait', at);
      // As the training loop does: a turn for signals and messages.
      await setImmediate();
      at = add('turn', at);
      runStep(step, x, shape, y);
      at = add('step', at);
      steps++;
    }
  }
  return { steps, images: steps * options.batchSize, ...seconds };
});
process.exit(0);
