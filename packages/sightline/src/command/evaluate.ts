/** `sightline evaluate`: all figures of a trained network on a folder of images, as its run.json has them. */
import { counted, decimal, SightlineError } from '@sightline/core';
import { loadImages, openDataset, SPLIT_NAMES, samplesOf } from '@sightline/data';
import { classificationMetrics, collapsed, compactMetrics } from '@sightline/metrics';
import { defineCommand } from 'citty';
import { openTrained, type Trained } from '../run/trained.ts';
import { openOutput } from '../terminal/output.ts';
import { listenForInterrupt } from '../terminal/signal.ts';
import { figuresText } from './figures-text.ts';
import { networkOptions, oneOf, required, sharedOptions, toldOf } from './options.ts';

export const evaluate = defineCommand({
  meta: { name: 'evaluate', description: "A trained network's figures on a folder of images" },
  args: {
    run: {
      type: 'positional',
      required: false,
      description: 'The run folder, a saved model (its folder), or a .keras, .h5 or .onnx file',
    },
    data: {
      type: 'string',
      description: "The folder of images; the run's own unless given",
      valueHint: 'DIR',
    },
    split: {
      type: 'string',
      description: 'train, validation or test; validation unless given',
      valueHint: 'S',
    },
    ...networkOptions,
    ...sharedOptions,
  },
  async run({ args }) {
    const output = openOutput({ isJson: args.json === true });
    const [dir] = required(args._, 'a run folder', 'sightline evaluate runs/baseline --data photographs');
    const split = oneOf('split', args.split, SPLIT_NAMES) ?? 'validation';
    const told = toldOf(args);
    const { signal, close } = listenForInterrupt();
    let trained: Trained | undefined;
    try {
      trained = await openTrained(dir, told);
      const { classes } = trained.metadata;
      const root = args.data ?? trained.run?.data.root;
      if (root === undefined)
        throw new SightlineError('usage', `Which images? Name their folder with --data DIR.`);
      const dataset = await openDataset(root, { classes, signal }).catch((error: unknown) => {
        if (!(error instanceof SightlineError && error.code === 'classes')) throw error;
        const told = `The network tells ${classes.join(', ')} apart`;
        const remedy = 'name its folders so, or use a network that was trained on them';
        throw new SightlineError(
          'data',
          `${told}, but ${root} has other classes: ${remedy}. ${error.message}`,
        );
      });
      if (samplesOf(dataset, split).length === 0) {
        throw new SightlineError('data', `${root} has no images in its split ${split}.`);
      }
      const images = await loadImages(dataset, split, { ...trained.resize, signal });
      const { loss, accuracy, probabilities, units, labels } = await trained.answer(images, signal);
      const figures = compactMetrics(classificationMetrics(labels, probabilities, units, classes), loss);
      const { confusion, accuracyInterval } = figures;
      const collapse = collapsed(
        probabilities,
        units,
        labels,
        classes,
        trained.run?.config.optimizer.learningRate,
      );
      if (collapse) output.warn(`The network has collapsed. ${collapse.advice}`);
      const [low, high] = accuracyInterval;
      const interval = `(95 % interval ${decimal(low)} to ${decimal(high)})`;
      output.result(
        { split, images: labels.length, loss, accuracy, classes, confusion, collapsed: collapse, figures },
        [
          `${counted(labels.length, 'image')} of ${root} (${split}): accuracy ${decimal(accuracy)} ${interval}, loss ${decimal(loss)}`,
          figuresText(figures),
        ].join('\n\n'),
      );
    } finally {
      close();
      await trained?.release();
    }
  },
});
