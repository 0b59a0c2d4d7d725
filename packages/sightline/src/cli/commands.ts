/** The commands of `sightline`, in the order of the usage page. Each is loaded when it is called. */

import type { Command } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  /** Earlier names, still accepted. */
  readonly aliases?: readonly string[];
  /** A sentence without its full stop, verb first. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

// A command's values are typed by its own options; the table holds them all.
const entry = (
  name: string,
  summary: string,
  load: () => Promise<{ readonly command: unknown }>,
  aliases: readonly string[] = [],
): CommandEntry => ({ name, summary, aliases, load: load as CommandEntry['load'] });

export const COMMANDS: readonly CommandEntry[] = [
  entry('train', 'Train a classifier on a folder of images', () => import('./commands/train.ts')),
  entry('init', 'Write a commented sightline.config.ts', () => import('./commands/init.ts')),
  entry('check', 'Check a folder of images: counts, damage, duplicates', () => import('./commands/check.ts')),
  entry('preview', 'Show images and augmentations as one picture', () => import('./commands/preview.ts'), [
    'samples',
  ]),
  entry('lr-find', 'Find a learning rate to begin with', () => import('./commands/lr-find.ts'), ['rate']),
  entry(
    'features',
    "Compute a pretrained network's features as .npy",
    () => import('./commands/features.ts'),
  ),
  entry(
    'classify',
    "Name the most probable of a pretrained network's classes",
    () => import('./commands/classify.ts'),
  ),
  entry('summary', 'Show the layer table of a network', () => import('./commands/summary.ts')),
  entry('predict', 'Classify images with a trained model', () => import('./commands/predict.ts')),
  entry('evaluate', 'Evaluate a trained model on labeled images', () => import('./commands/evaluate.ts')),
  entry('suspects', 'List images whose label is doubtful', () => import('./commands/suspects.ts')),
  entry(
    'compare',
    'Compare runs, and whether they differ by more than chance',
    () => import('./commands/compare.ts'),
  ),
  entry(
    'export',
    'Write a trained model as ONNX, TensorFlow.js or Keras',
    () => import('./commands/export.ts'),
  ),
  entry('report', 'Build the site of a folder of runs', () => import('./commands/report.ts')),
];
