/** `sightline predict`: what a trained network says of images. */

import { counted } from '@sightline/core';
import { predictedClass } from '@sightline/metrics';
import { defineCommand } from 'citty';
import { openPredictor, type Predictor } from '../run/predictor.ts';
import { decodeItems, failureText, type ImageItem } from '../run/read-images.ts';
import { imageItems } from '../run/standard-input.ts';
import { openOutput } from '../terminal/output.ts';
import { listenForInterrupt } from '../terminal/signal.ts';
import { networkOptions, oneOf, required, sharedOptions, toldOf, wholeNumber } from './options.ts';
import { FORMATS, type PredictionLine, predictionWriter } from './prediction-formats.ts';

/** Images that are decoded and answered at once, unless told: 12 MB of 64 x 64. */
const BATCH_SIZE = 1024;

export const predict = defineCommand({
  meta: { name: 'predict', description: 'What a trained network says of images' },
  args: {
    run: {
      type: 'positional',
      required: false,
      description: 'The run folder, a saved model (its folder), or a .keras, .h5 or .onnx file',
    },
    paths: {
      type: 'positional',
      required: false,
      description: 'Images, folders of them, or - for an image or paths on standard input',
    },
    format: {
      type: 'string',
      description: 'table, csv, or jsonl (JSON Lines); table unless given',
      valueHint: 'F',
    },
    'batch-size': {
      type: 'string',
      description: `Images at once; ${BATCH_SIZE} unless given`,
      valueHint: 'N',
    },
    ...networkOptions,
    ...sharedOptions,
  },
  async run({ args }) {
    const example = 'sightline predict runs/baseline photograph.jpg';
    const [dir, ...rest] = required(args._, 'a run folder and images', example);
    const paths = required(rest, 'images after the run folder', example);
    const format = args.json === true ? 'json' : (oneOf('format', args.format, FORMATS) ?? 'table');
    const batchSize = wholeNumber('batch-size', args['batch-size'], 1) ?? BATCH_SIZE;
    const told = toldOf(args);
    const output = openOutput({ isJson: args.json === true });
    const { signal, close } = listenForInterrupt();
    const progress = output.progress('predicting');
    let predictor: Predictor | undefined;
    try {
      const items = await imageItems(paths);
      predictor = await openPredictor(dir, told);
      const writer = predictionWriter(format, predictor.classes);
      let failed = 0;
      for (let from = 0; from < items.length; from += batchSize) {
        signal.throwIfAborted();
        const { lines, failures } = await answerTo(items.slice(from, from + batchSize), predictor, signal);
        progress.update(Math.min(from + batchSize, items.length), items.length);
        progress.end();
        for (const failure of failures) output.warn(failureText(failure));
        failed += failures.length;
        writer.write(lines);
      }
      writer.end();
      if (failed === 0) return 0;
      output.warn(`${counted(failed, 'image')} of ${items.length} could not be read.`);
      return 1;
    } finally {
      progress.end();
      close();
      await predictor?.release();
    }
  },
});

async function answerTo(items: readonly ImageItem[], predictor: Predictor, signal: AbortSignal) {
  const { classes, resize } = predictor;
  const { images, failures } = await decodeItems(items, resize, classes);
  if (images.paths.length === 0) return { lines: [], failures };
  const all = await predictor.probabilities(images, signal);
  const lines = images.paths.map((path, row): PredictionLine => {
    const of = all.subarray(row * classes.length, (row + 1) * classes.length);
    return {
      path,
      predicted: classes[predictedClass(of)] ?? '',
      probabilities: Object.fromEntries(classes.map((name, k) => [name, of[k] ?? 0])),
    };
  });
  return { lines, failures };
}
