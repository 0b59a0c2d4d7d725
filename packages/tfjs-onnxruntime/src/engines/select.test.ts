import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ENGINE_NAMES, EngineError, selectEngine } from '../index.ts';

describe('every engine that loads here', () => {
  for (const name of ENGINE_NAMES) {
    it(`${name} computes, or says what it needs`, async () => {
      let engine: Awaited<ReturnType<typeof selectEngine>>;
      try {
        engine = await selectEngine(name);
      } catch (error) {
        expect(error).toBeInstanceOf(EngineError);
        expect((error as Error).message).toContain(`@tensorflow/${name}`);
        expect(name).toMatch(/^tfjs-node/);
        return;
      }
      expect(engine.name).toBe(name);
      expect(engine.device).not.toBe('');
      const step = engine.compile((x: tf.Tensor) => tf.sum(tf.square(x)));
      for (let i = 0; i < 3; i++) expect(step(tf.tensor1d([1, 2, 3])).dataSync()[0]).toBe(14);
    });
  }
});

it('auto says what it chose and why', async () => {
  const engine = await selectEngine('auto');
  expect(engine.note).toMatch(/^(onnxruntime|@tensorflow\/tfjs-node-gpu).*: .+\.$/);
});

it('a provider that is not there is an error that says what is missing', async () => {
  await expect(selectEngine('onnxruntime', { provider: 'dml' })).rejects.toThrow(
    /dml was asked for, but does not run here: it needs Windows/,
  );
  await expect(selectEngine('torch' as never)).rejects.toThrow(
    /There is no engine torch: choose auto, onnxruntime/,
  );
});
