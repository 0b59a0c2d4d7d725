/** `sightline evaluate`: a trained run's loss and accuracy on a folder of images. */
import { loadImages, openDataset, samplesOf } from '@sightline/data';
import { collapsed, predictedClasses } from '@sightline/models';
import { defineCommand } from 'citty';
import { CliError } from '../error.ts';
import { openTrained } from '../run/trained.ts';
import { openOutput } from '../terminal/output.ts';
import { listenForInterrupt } from '../terminal/signal.ts';
import { table } from '../terminal/table.ts';
import { counted, decimal } from '../terminal/words.ts';
import { oneOf, required, sharedOptions } from './options.ts';

const splitNames = ['train', 'validation', 'test'] as const;

export const evaluate = defineCommand({
  meta: { name: 'evaluate', description: "A trained run's loss and accuracy on a folder of images" },
  args: {
    run: { type: 'positional', required: false, description: 'The run folder' },
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
    ...sharedOptions,
  },
  async run({ args }) {
    const output = openOutput({ isJson: args.json === true });
    const [dir] = required(args._, 'a run folder', 'sightline evaluate runs/baseline --data photographs');
    const split = oneOf('split', args.split, splitNames) ?? 'validation';
    const { signal, close } = listenForInterrupt();
    try {
      const trained = await openTrained(dir);
      const { classes } = trained.metadata;
      const root = args.data ?? trained.run.data.root;
      const dataset = await openDataset(root, { classes, signal });
      if (samplesOf(dataset, split).length === 0) {
        throw new CliError('data', `${root} has no images in its split ${split}.`);
      }
      const images = await loadImages(dataset, split, { ...trained.resize, signal });
      const { loss, accuracy, probabilities, units, labels } = await trained.answer(images, signal);
      const predicted = predictedClasses(probabilities, units);
      const confusion = classes.map((_, label) =>
        classes.map((_, given) => labels.filter((l, i) => l === label && predicted[i] === given).length),
      );
      const { learningRate } = trained.run.config.optimizer;
      const collapse = collapsed(probabilities, units, labels, classes, learningRate);
      if (collapse) output.warn(`The network has collapsed. ${collapse.advice}`);
      output.result(
        { split, images: labels.length, loss, accuracy, classes, confusion, collapsed: collapse },
        [
          `${counted(labels.length, 'image')} of ${root} (${split}): accuracy ${decimal(accuracy)}, loss ${decimal(loss)}`,
          '',
          table(
            [
              { title: 'class' },
              ...classes.map((name) => ({ title: `as ${name}`, align: 'right' as const })),
            ],
            confusion.map((row, i) => [classes[i] ?? '', ...row.map(String)]),
          ),
        ].join('\n'),
      );
    } finally {
      close();
    }
  },
});
