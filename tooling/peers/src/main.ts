// `npm run peers [-- CHECK…] [--data DIR]`: all checks against others' software, or those that are named.
// `python` trains the experiments for a moment and lets Python judge what came out: exported networks by its onnxruntime,
// features and augmentation by Keras, VGG16 with the weights of other sources by both, metrics by scikit-learn.
// `tfjs-node` builds tfjs-node and holds the engine of that name to the engine suite and to onnxruntime's losses.
// `graph-models` runs published graph models. Makes the Python environment if need be.

import { spawn } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { listed, SightlineError } from '@sightline/core';
import {
  applyAugmentation,
  augmentationSettings,
  loadImages,
  openDataset,
  randomFor,
  sampleAugmentation,
} from '@sightline/data';
import { buildNetwork, loadKeras, loadModel, saveKeras, selectEngine } from '@sightline/models';
import { readNpy, writeJson, writeNpy } from '@sightline/runs';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { openModel } from 'sightline';
import { answerVgg16 } from './answer-vgg16.ts';
import { carOrOther, classes } from './car-or-other.ts';
import { checkGraphModels } from './check-graph-models.ts';
import { checkTfjsNode } from './check-tfjs-node.ts';
import { places } from './places.ts';
import { endWith, runProgram } from './program.ts';
import { findPython } from './python.ts';
import { writeLite0 } from './write-lite0.ts';
import { writeSummaries } from './write-summaries.ts';

const AUGMENTATION = augmentationSettings({ horizontalFlip: true, rotation: 20, fill: 'nearest' });
const AUGMENTED_IMAGES = 64;

/** What is checked, by name; each prints what it found and throws, or gives the exit code of what it ran. */
const CHECKS = {
  python: checkByPython,
  'tfjs-node': checkTfjsNode,
  'graph-models': checkGraphModels,
} as const satisfies Record<string, (data: () => Promise<string>) => Promise<number | undefined>>;

const NAMES = Object.keys(CHECKS) as (keyof typeof CHECKS)[];

/** The exit code: 0 where all that was asked for passed. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: { type: 'string' } },
  });
  const unknown = positionals.find((name) => !NAMES.includes(name as never));
  if (unknown) {
    throw new SightlineError('usage', `There is no check ${unknown}: choose ${listed(NAMES, 'or')}.`);
  }
  const data = async () => values.data ?? (await carOrOther());
  let worst = 0;
  for (const name of NAMES.filter((name) => positionals.length === 0 || positionals.includes(name))) {
    try {
      worst = Math.max(worst, (await CHECKS[name](data)) ?? 0);
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      console.error(`${name}: ${error.message}`);
      worst = 1;
    }
  }
  return worst;
}

await endWith(main);

/** The exit code of the checks in Python. */
async function checkByPython(dataFolder: () => Promise<string>): Promise<number> {
  const [python, data] = [await findPython(), await dataFolder()];
  const work = join(places.scratch, 'peers');
  await rm(work, { recursive: true, force: true });
  const folders = ['runs', 'features', 'augmented', 'models', 'vgg16', 'lite0', 'summaries'];
  const [runs, features, augmented, models, vgg16, lite0, summaries] = folders.map((name) =>
    join(work, name),
  );
  await mkdir(augmented!, { recursive: true });
  await runProgram(
    process.execPath,
    [...process.execArgv, places.cli, 'train', places.config, ...['--data', data, '--out', runs!]],
    { env: { ...process.env, SIGHTLINE_DUMP: join(work, 'graphs') } },
  );
  await writeAugmented(data, augmented!);
  await writeKerasFiles(runs!);
  await writePrecisions(runs!);
  await runProgram(python, [join(places.checks, 'keras_models.py'), models!]);
  await answerModels(models!);
  await runProgram(python, [join(places.checks, 'vgg16_sources.py'), vgg16!]);
  await answerVgg16(vgg16!);
  await writeLite0(lite0!);
  await writeSummaries(summaries!);

  const path = [places.keras, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
  const checks = [
    join(places.checks, 'main.py'),
    data,
    runs!,
    features!,
    augmented!,
    places.vgg16Weights,
    models!,
    vgg16!,
    lite0!,
    summaries!,
  ];
  const child = spawn(python, checks, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PYTHONPATH: path },
  });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

/** Each run's network in both of Keras' formats, beside the others. */
async function writeKerasFiles(runs: string): Promise<void> {
  await selectEngine('onnxruntime');
  for (const name of await readdir(runs)) {
    const { model, metadata } = await loadModel(join(runs, name, 'model'));
    for (const format of ['keras', 'h5'])
      await saveKeras(model, join(runs, name, `model.${format}`), metadata);
  }
}

/** Each run's network in fewer bits, calibrated on the images that it was trained on. */
async function writePrecisions(runs: string): Promise<void> {
  for (const name of await readdir(runs)) {
    const model = await openModel(join(runs, name));
    for (const precision of ['fp16', 'int8'] as const)
      await model.export('onnx', join(runs, name, `${precision}.onnx`), { precision });
    await model.release();
  }
}

/** Our answers to x.npy by each file of Keras in `folder`; the same networks, and some of ours, saved into `back`. */
async function answerModels(folder: string): Promise<void> {
  const { data, shape } = readNpy(join(folder, 'x.npy'));
  const rowShape = shape.slice(1);
  const back = join(folder, 'back');
  await mkdir(back);
  writeNpy(join(back, 'x.npy'), { data, shape });
  const answer = (model: LayersModel, path: string) => {
    const answers = tf.tidy(() =>
      (model.apply(tf.tensor(data as Float32Array, shape), { training: false }) as tf.Tensor).dataSync(),
    );
    writeJson(`${path}.json`, [...answers]);
  };
  for (const file of (await readdir(folder)).filter((name) => /\.(keras|h5)$/.test(name))) {
    const { model } = await loadKeras(join(folder, file));
    answer(model, join(folder, file));
    await saveKeras(model, join(back, file));
    answer(model, join(back, file));
  }
  for (const name of ['residual', 'depthwise'] as const) {
    const model = await buildNetwork(name, rowShape, 3, 1);
    // As drawn, moving statistics are 0 and 1, and what passes many layers fades until all images are answered alike.
    for (const weight of model.weights) {
      const value = weight.read();
      if (weight.originalName.includes('moving_variance')) weight.write(tf.add(value, 0.25));
      if (weight.originalName.includes('gamma')) weight.write(tf.mul(value, 4));
    }
    const [kernel] = model.layers.at(-1)!.weights;
    kernel!.write(tf.randomNormal(kernel!.shape as number[], 0, 1, 'float32', 1));
    for (const ending of ['keras', 'h5']) {
      const path = join(back, `our-${name}.${ending}`);
      await saveKeras(model, path, { classes: ['a', 'b', 'c'], imageSize: [24, 24] });
      answer(model, path);
    }
  }
}

/** The first training images, what was drawn for each, and what became of them. */
async function writeAugmented(data: string, folder: string): Promise<void> {
  const dataset = await openDataset(data, { classes });
  const images = await loadImages(dataset, 'train', { size: [64, 64] });
  const [, height, width] = images.shape;
  const size = height * width * 3;
  const out = new Float32Array(AUGMENTED_IMAGES * size);
  const parameters = Array.from({ length: AUGMENTED_IMAGES }, (_, i) => {
    const image = { pixels: images.data, from: i * size, height, width };
    const sampled = sampleAugmentation(AUGMENTATION, image, (name) => randomFor(1, i, name));
    applyAugmentation(image, sampled, AUGMENTATION, out, i * size, 1);
    return sampled;
  });
  const shape = [AUGMENTED_IMAGES, height, width, 3];
  writeNpy(join(folder, 'images.npy'), { data: images.data.slice(0, out.length), shape });
  writeNpy(join(folder, 'augmented.npy'), { data: out, shape });
  writeJson(join(folder, 'parameters.json'), parameters);
}
