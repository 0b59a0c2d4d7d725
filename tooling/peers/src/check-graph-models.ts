// Published graph models, as they lie in npm packages, through the entry for tfjs-node programs
// (`tf.loadGraphModel('file://…')` of @sightline/tfjs-onnxruntime/node), beside TensorFlow.js' cpu backend.

import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import * as tf from '@sightline/tfjs-onnxruntime/node';
import { places } from './places.ts';
import { npmInstall } from './program.ts';

const PACKAGES = ['@vladmandic/human@3.3.6'];

interface GraphModelCase {
  /** Below node_modules of the packages. */
  readonly path: string;
  readonly about: string;
  /** Whether it has loops or branches, and runs asynchronously. */
  readonly hasControlFlow?: true;
}

/** Models that the cpu backend finishes within seconds. */
const MODELS: readonly GraphModelCase[] = [
  { path: '@vladmandic/human/models/blazeface.json', about: 'faces and their boxes' },
  { path: '@vladmandic/human/models/emotion.json', about: 'seven emotions of a face' },
  { path: '@vladmandic/human/models/antispoof.json', about: 'a real face or a picture of one' },
  { path: '@vladmandic/human/models/liveness.json', about: 'a living face or not' },
  {
    path: '@vladmandic/human/models/movenet-lightning.json',
    about: 'the joints of a body, from int32 pixels',
  },
  {
    path: '@vladmandic/human/models/handtrack.json',
    about: 'hands and their boxes: loops, tensor arrays, non-maximum suppression',
    hasControlFlow: true,
  },
];

/**
 * The difference allowed, over the largest value of an output. Both sides compute in float32, and these networks are tens of layers deep: a sum of n
 * products is off by some sqrt(n) units in the last place (6e-8), and each layer adds its own.
 */
const TOLERANCE = 2e-5;

/** @throws SightlineError if an output differs, or a tensor is left behind */
export async function checkGraphModels(): Promise<undefined> {
  await npmInstall(places.graphModels, PACKAGES);
  const failures: string[] = [];
  for (const { path, about, hasControlFlow = false } of MODELS) {
    const file = `file://${join(places.graphModels, 'node_modules', path)}`;
    const expected = await outputs('cpu', file, hasControlFlow);
    const got = await outputs('onnxruntime', file, hasControlFlow);
    const worst = Math.max(
      ...expected.map(({ values }, i) => relativeDifference(values, got[i]?.values ?? [])),
    );
    const shapes = (all: readonly Output[]) => all.map(({ shape }) => `[${shape.join(', ')}]`).join(' ');
    const line = `${path} (${about}): ${shapes(got)}, ${worst.toExponential(1)} of the largest value from cpu's`;
    console.log(`graph-models: ${line}`);
    if (!(worst < TOLERANCE) || shapes(got) !== shapes(expected)) failures.push(line);
  }
  if (failures.length > 0) throw new SightlineError('program', `Outputs differ: ${failures.join('; ')}.`);
}

interface Output {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** What a model makes, on a backend, of an input of its own size: values between 0 and 1, or whole ones up to 255. */
async function outputs(backend: string, file: string, hasControlFlow: boolean): Promise<readonly Output[]> {
  await tf.setBackend(backend);
  const model = await tf.loadGraphModel(file);
  const before = tf.memory().numTensors;
  const inputs = model.inputs.map(({ shape, dtype }) => {
    const sizes = shape!.map((size) => (size > 0 ? size : 1));
    const count = tf.util.sizeFromShape(sizes);
    const part = (i: number) => (Math.sin(i * 12.9898) + 1) / 2;
    const values =
      dtype === 'int32'
        ? Int32Array.from({ length: count }, (_, i) => 255 * part(i))
        : Float32Array.from({ length: count }, (_, i) => part(i));
    return tf.tensor(values, sizes, dtype);
  });
  const results = [hasControlFlow ? await model.executeAsync(inputs) : model.execute(inputs)].flat();
  const values = await Promise.all(
    results.map(async (result) => ({ shape: result.shape, values: await result.data() })),
  );
  tf.dispose([inputs, results]);
  const left = tf.memory().numTensors - before;
  model.dispose();
  if (left !== 0) throw new SightlineError('program', `${file} leaves ${left} tensors behind on ${backend}.`);
  return values;
}

function relativeDifference(expected: ArrayLike<number>, got: ArrayLike<number>): number {
  if (expected.length !== got.length) return Number.POSITIVE_INFINITY;
  let [largest, worst] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    worst = Math.max(worst, Math.abs(got[i]! - expected[i]!));
    if (Number.isNaN(got[i])) return Number.POSITIVE_INFINITY;
  }
  return worst / largest;
}
