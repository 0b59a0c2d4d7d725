import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeModel } from '@sightline/onnx';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { afterEach, expect, it, vi } from 'vitest';
import { compile } from '../index.ts';

afterEach(() => vi.unstubAllEnvs());

it('SIGHTLINE_DUMP keeps each model that is run, whole and under a name of its own', async () => {
  await tf.setBackend('onnxruntime');
  const folder = mkdtempSync(join(tmpdir(), 'sightline-dump-'));
  try {
    vi.stubEnv('SIGHTLINE_DUMP', join(folder, 'made/on/demand'));
    const step = compile((x: tf.Tensor) => tf.relu(tf.mul(x, 3)));
    for (let i = 0; i < 3; i++) step(tf.ones([2, 5]));
    const files = readdirSync(join(folder, 'made/on/demand')).sort();
    // The first call as it is, and the traced one.
    expect(files.map((name) => name.replace(/\d+-\d+/, 'N'))).toEqual(['eager-N.onnx', 'step-N.onnx']);
    for (const file of files) {
      const { graph, opset } = decodeModel(readFileSync(join(folder, 'made/on/demand', file)));
      expect(opset).toBe(18);
      expect(graph.nodes.map((node) => node.opType)).toEqual(['Mul', 'Relu']);
      expect(graph.outputs.map(({ dtype, shape }) => ({ dtype, shape }))).toEqual([
        { dtype: 'float32', shape: [2, 5] },
      ]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
