// A small convolutional classifier in each precision of `sightline export`.

import {
  activationsToObserve,
  encodeModel,
  GraphBuilder,
  halfWeights,
  type Model,
  op,
  quantize,
  withRangeOutputs,
} from '@sightline/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { classes } from './fixtures.ts';

const SIZE = [24, 32] as const;

/** Weights that no two filters share. */
const weights = (shape: readonly number[], seed: number) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898 + seed));

function classifier(): Model {
  const g = new GraphBuilder('classifier');
  const pixels = op.transpose(g, g.input('image', 'uint8', ['N', ...SIZE, 3]), [0, 3, 1, 2]);
  const x = op.mul(g, op.cast(g, pixels, 'float32'), g.float(1 / 255));
  const convolution = (input: typeof x, shape: readonly number[], seed: number, group = 1) => {
    const pad = (shape[2]! - 1) / 2;
    const y = op.conv(
      g,
      input,
      g.constant(weights(shape, seed), shape),
      g.constant(weights([shape[0]!], seed + 0.5)),
      {
        pads: [pad, pad, pad, pad],
        group,
      },
    );
    return op.clip(g, y, g.float(0), g.float(6));
  };
  const stem = convolution(x, [16, 3, 3, 3], 1);
  const block = op.add(g, stem, convolution(stem, [16, 1, 3, 3], 2, 16));
  const mean = op.globalAveragePool(g, convolution(block, [32, 16, 1, 1], 3));
  const logits = op.gemm(g, mean, g.constant(weights([32, 3], 4), [32, 3]));
  g.output('probabilities', op.softmax(g, logits, 1));
  const metadata = {
    classes: JSON.stringify(classes),
    imageSize: JSON.stringify(SIZE),
    interpolation: 'bilinear',
  };
  return g.build({ metadata });
}

/** Colors and edges of all directions, in place of photographs. */
const calibration = () =>
  new Tensor(
    'uint8',
    Uint8Array.from({ length: 8 * 24 * 32 * 3 }, (_, i) => Math.imul(i >> 2, 2654435761) >>> 24),
    [8, ...SIZE, 3],
  );

async function quantized(model: Model): Promise<Model> {
  const names = activationsToObserve(model);
  const session = await InferenceSession.create(encodeModel(withRangeOutputs(model, names)));
  const outputs = await session.run({ image: calibration() });
  await session.release();
  const bound = (name: string) => (outputs[name]!.data as Float32Array)[0]!;
  return quantize(
    model,
    Object.fromEntries(names.map((name) => [name, [bound(`low/${name}`), bound(`high/${name}`)]])),
  );
}

const model = classifier();
export const PRECISIONS = {
  fp32: encodeModel(model),
  fp16: encodeModel(halfWeights(model)),
  int8: encodeModel(halfWeights(await quantized(model))),
};
export type Precision = keyof typeof PRECISIONS;

/** Between two builds of ONNX Runtime: float32 sums in another order; in 8 bits one step here and there. */
export const TOLERANCES: Record<Precision, number> = { fp32: 1e-5, fp16: 1e-5, int8: 0.01 };
