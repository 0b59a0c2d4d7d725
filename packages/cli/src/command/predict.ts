/** `sightline predict`: what a trained run says of images. */
import { perClass, predictionRows } from '@sightline/models';
import { defineCommand } from 'citty';
import { imageFiles, readImages } from '../run/read-images.ts';
import { openTrained } from '../run/trained.ts';
import { openOutput } from '../terminal/output.ts';
import { listenForInterrupt } from '../terminal/signal.ts';
import { table } from '../terminal/table.ts';
import { decimal } from '../terminal/words.ts';
import { required, sharedOptions } from './options.ts';

export const predict = defineCommand({
  meta: { name: 'predict', description: 'What a trained run says of images' },
  args: {
    run: { type: 'positional', required: false, description: 'The run folder' },
    paths: { type: 'positional', required: false, description: 'Images, and folders of them' },
    ...sharedOptions,
  },
  async run({ args }) {
    const example = 'sightline predict runs/baseline photograph.jpg';
    const [dir, ...rest] = required(args._, 'a run folder and images', example);
    const paths = required(rest, 'images after the run folder', example);
    const { signal, close } = listenForInterrupt();
    try {
      const [trained, files] = await Promise.all([openTrained(dir), imageFiles(paths)]);
      const { classes } = trained.metadata;
      const images = await readImages(files, trained.resize, classes);
      const { probabilities, units, labels } = await trained.answer(images, signal);
      const each = perClass(probabilities, units);
      const rows = predictionRows(files, labels, probabilities, units, classes).map(
        ({ path, predicted }, i) => ({
          path,
          predicted,
          probabilities: Object.fromEntries(
            classes.map((name, k) => [name, each[i * classes.length + k] ?? 0]),
          ),
        }),
      );
      const text = table(
        [{ title: 'image' }, { title: 'class' }, { title: 'probability', align: 'right' }],
        rows.map((row) => [row.path, row.predicted, decimal(row.probabilities[row.predicted] ?? 0)]),
      );
      openOutput({ isJson: args.json === true }).result(rows, text);
    } finally {
      close();
    }
  },
});
