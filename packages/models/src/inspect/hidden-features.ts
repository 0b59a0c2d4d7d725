// What a network makes of an image just before it names a class: the input of its last layer.

import type { BatchSource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { batchTensors } from '../evaluate/batch-tensors.ts';
import { releaseStep } from '../evaluate/evaluate-step.ts';

/** (rows, columns) in the order of `rows`; undefined for a network whose last layer has no flat input. */
export async function hiddenFeatures(
  model: tfl.LayersModel,
  source: BatchSource,
  rows: readonly number[],
  { engine, signal }: { engine: Engine; signal?: AbortSignal | undefined },
): Promise<Float32Array | undefined> {
  const hidden = model.outputs[0]!.inputs[0];
  if (hidden?.shape.length !== 2) return undefined;
  const columns = hidden.shape[1]!;
  const isInput = hidden === model.inputs[0];
  const trunk = isInput ? undefined : tfl.model({ inputs: model.inputs, outputs: hidden });
  const step = engine.compile((x: tf.Tensor): tf.Tensor[] =>
    tf.tidy(() => [trunk ? (trunk.apply(x, { training: false }) as tf.Tensor) : tf.clone(x)]),
  );
  const places = new Map(rows.map((row, i) => [row, i]));
  const features = new Float32Array(rows.length * columns);
  try {
    for await (const batch of source.batches(0)) {
      signal?.throwIfAborted();
      if (!batch.indices.some((row) => places.has(row))) continue;
      const [x, ...rest] = batchTensors(batch);
      const results = step(x);
      const values = results[0]!.dataSync() as Float32Array;
      tf.dispose([x, ...rest, ...results]);
      batch.indices.forEach((row, i) => {
        const place = places.get(row);
        if (place !== undefined)
          features.set(values.subarray(i * columns, (i + 1) * columns), place * columns);
      });
    }
  } finally {
    releaseStep(step);
  }
  return features;
}
