/** `sightline export`: a trained run's network in a format that other programs read. */
import { resolve } from 'node:path';
import { exportOnnx, saveKeras, saveModel } from '@sightline/models';
import { writeFileAtomic } from '@sightline/runs';
import { defineCommand } from 'citty';
import { CliError } from '../error.ts';
import { openTrained, type Trained } from '../run/trained.ts';
import { openOutput } from '../terminal/output.ts';
import { oneOf, required, sharedOptions } from './options.ts';

type Format = 'onnx' | 'tfjs' | 'keras';

/** What is written for each format, at the path that `--out` names. */
const writers: Record<Format, (trained: Trained, path: string) => Promise<void> | void> = {
  onnx: ({ model, metadata }, path) => writeFileAtomic(path, exportOnnx(model, metadata)),
  tfjs: ({ model, metadata }, path) => saveModel(model, path, metadata),
  keras: ({ model }, path) => saveKeras(model, path),
};

export const exportModel = defineCommand({
  meta: { name: 'export', description: "A trained run's network as ONNX, TensorFlow.js or Keras" },
  args: {
    run: { type: 'positional', required: false, description: 'The run folder' },
    format: { type: 'string', description: 'onnx, tfjs or keras', valueHint: 'F' },
    out: {
      type: 'string',
      description: 'A file; for tfjs a folder; for keras a .keras or .h5 file',
      valueHint: 'PATH',
    },
    ...sharedOptions,
  },
  async run({ args }) {
    const example = 'sightline export runs/baseline --format onnx --out baseline.onnx';
    const [dir] = required(args._, 'a run folder', example);
    const format = oneOf('format', args.format, Object.keys(writers) as Format[]);
    if (!format || !args.out)
      throw new CliError('usage', `Expected --format and --out. For example: ${example}`);
    const trained = await openTrained(dir);
    await writers[format](trained, args.out);
    const path = resolve(args.out);
    openOutput({ isJson: args.json === true }).result({ format, path }, path);
  },
});
