import { buildNetwork, selectEngine } from '@sightline/models';
import { expect, test } from 'vitest';
import { binaryStep, runStep } from '../step.ts';
import { HandMadeTrainer } from './trainer.ts';

test('the hand-made step does the same work as the compiled one: equal losses over five steps', async () => {
  const [batch, rate] = [16, 1e-4];
  const engine = await selectEngine('onnxruntime');
  const model = await buildNetwork('baseline', [64, 64, 3], 2, 1);
  const weights = model.getWeights().map((w) => w.dataSync().slice() as Float32Array);
  const handMade = await HandMadeTrainer.create(batch, weights, rate);
  const step = engine.compile(binaryStep(model, rate));
  for (let i = 0; i < 5; i++) {
    const x = Float32Array.from({ length: batch * 64 * 64 * 3 }, (_, k) => Math.abs(Math.sin((i + 2) * k)));
    const y = Float32Array.from({ length: batch }, (_, k) => (k + i) % 2);
    const loss = runStep(step, x, [batch, 64, 64, 3], y);
    // Adam's epsilon stands elsewhere in TensorFlow.js' formula. The loss falls by 2 % meanwhile.
    expect(Math.abs((await handMade.step(x, y)) - loss) / loss).toBeLessThan(1e-4);
  }
});
