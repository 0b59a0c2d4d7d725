// An exported model that is known to say what the network says.

import type { BatchSource } from '@sightline/data';
import { perClass } from '@sightline/metrics';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Evaluation } from '../evaluate/evaluate.ts';
import type { ModelMetadata } from '../save/metadata.ts';
import { checkOnnx } from './check.ts';
import { exportOnnx } from './export.ts';

/**
 * A network as ONNX, once ONNX Runtime has given the rows of the first batch of `source` the probabilities that they
 * have in `evaluation`; with the largest difference. Throws as `exportOnnx` and `checkOnnx` do.
 */
export async function exportChecked(
  model: tfl.LayersModel,
  metadata: ModelMetadata,
  source: BatchSource,
  { probabilities, units }: Pick<Evaluation, 'probabilities' | 'units'>,
): Promise<{ readonly bytes: Uint8Array; readonly difference: number }> {
  const bytes = exportOnnx(model, metadata);
  const classes = metadata.classes.length;
  const all = perClass(probabilities, units);
  const level = metadata.levels === 'byte' ? 1 : 255;
  let difference = 0;
  for await (const { x, shape, size, indices } of source.batches(0)) {
    const width = shape.slice(1).reduce((a, b) => a * b, 1);
    const values = x.subarray(0, size * width);
    const rows =
      metadata.input === 'images' ? Uint8Array.from(values, (v) => Math.round(v * level)) : values.slice();
    const expected = new Float32Array(size * classes);
    for (let row = 0; row < size; row++) {
      const from = indices[row]! * classes;
      expected.set(all.subarray(from, from + classes), row * classes);
    }
    difference = await checkOnnx(bytes, rows, shape, expected);
    break;
  }
  return { bytes, difference };
}
