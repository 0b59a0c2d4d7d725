// `npm run peers [-- --data DIR]`: trains the experiments for a moment and lets Python judge what came out: exported networks by its
// onnxruntime, features and augmentation by Keras, figures by scikit-learn. Makes the Python environment if need be.

import { spawn } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { applyParameters, drawParameters, loadImages, openDataset, randomFor } from '@sightline/data';
import { loadModel, saveKeras } from '@sightline/models';
import { writeJson, writeNpy } from '@sightline/runs';
import { selectEngine } from '@sightline/tfjs-onnxruntime';
import { carOrOther, classes } from './car-or-other.ts';
import { BenchError } from './error.ts';
import { places } from './places.ts';
import { runProgram } from './program.ts';
import { findPython } from './python.ts';

const AUGMENTATION = { horizontalFlip: true, rotation: 20, fill: 'nearest' } as const;
const AUGMENTED_IMAGES = 64;

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** The exit code of the checks. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { data: { type: 'string' } } });
  const [python, data] = [await findPython(), values.data ?? (await carOrOther())];
  const work = join(places.scratch, 'peers');
  await rm(work, { recursive: true, force: true });
  const [runs, features, augmented] = ['runs', 'features', 'augmented'].map((name) => join(work, name));
  await mkdir(augmented!, { recursive: true });
  await runProgram(process.execPath, [
    ...process.execArgv,
    places.cli,
    'train',
    join(places.bench, 'src/peers.config.ts'),
    ...['--data', data, '--out', runs!],
  ]);
  await writeAugmented(data, augmented!);
  await writeKerasFiles(runs!);

  const path = [places.keras, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
  const checks = [join(places.checks, 'main.py'), data, runs!, features!, augmented!, places.vgg16Weights];
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

/** The first training images, what was drawn for each, and what became of them. */
async function writeAugmented(data: string, folder: string): Promise<void> {
  const dataset = await openDataset(data, { classes });
  const images = await loadImages(dataset, 'train', { size: [64, 64] });
  const [, height, width] = images.shape;
  const size = height * width * 3;
  const out = new Float32Array(AUGMENTED_IMAGES * size);
  const parameters = Array.from({ length: AUGMENTED_IMAGES }, (_, i) => {
    const drawn = drawParameters(AUGMENTATION, height, width, randomFor(1, 1, i));
    applyParameters(
      { pixels: images.data, from: i * size, height, width },
      drawn,
      AUGMENTATION,
      out,
      i * size,
      1,
    );
    return drawn;
  });
  const shape = [AUGMENTED_IMAGES, height, width, 3];
  writeNpy(join(folder, 'images.npy'), { data: images.data.slice(0, out.length), shape });
  writeNpy(join(folder, 'augmented.npy'), { data: out, shape });
  writeJson(join(folder, 'parameters.json'), parameters);
}
