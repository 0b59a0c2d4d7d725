/** `sightline export`: a trained run's network in a format that other programs read. */
import { resolve } from 'node:path';
import { exportOnnx, type ModelMetadata, saveKeras, saveModel } from '@sightline/models';
import { writeFileAtomic } from '@sightline/runs';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { defineCommand } from 'citty';
import { CliError } from '../error.ts';
import { openTrained } from '../run/trained.ts';
import { openOutput } from '../terminal/output.ts';
import { networkOptions, oneOf, required, sharedOptions, toldOf } from './options.ts';

type Format = 'onnx' | 'tfjs' | 'keras';

/** What is written for each format, at the path that `--out` names. */
const writers: Record<
  Format,
  (model: LayersModel, metadata: ModelMetadata, path: string) => Promise<void> | void
> = {
  onnx: (model, metadata, path) => writeFileAtomic(path, exportOnnx(model, metadata)),
  tfjs: (model, metadata, path) => saveModel(model, path, metadata),
  keras: (model, metadata, path) => saveKeras(model, path, metadata),
};

export const exportModel = defineCommand({
  meta: { name: 'export', description: "A trained run's network as ONNX, TensorFlow.js or Keras" },
  args: {
    run: { type: 'positional', required: false, description: 'The run folder, or a saved model' },
    format: { type: 'string', description: 'onnx, tfjs or keras', valueHint: 'F' },
    out: {
      type: 'string',
      description: 'A file; for tfjs a folder; for keras a .keras or .h5 file',
      valueHint: 'PATH',
    },
    ...networkOptions,
    ...sharedOptions,
  },
  async run({ args }) {
    const example = 'sightline export runs/baseline --format onnx --out baseline.onnx';
    const [dir] = required(args._, 'a run folder', example);
    const format = oneOf('format', args.format, Object.keys(writers) as Format[]);
    if (!format || !args.out)
      throw new CliError('usage', `Expected --format and --out. For example: ${example}`);
    const { model, metadata } = await openTrained(dir, toldOf(args));
    if (!model)
      throw new CliError('usage', `${dir} is an ONNX file: name the run or the model that it came from.`);
    await writers[format](model, metadata, args.out);
    const path = resolve(args.out);
    openOutput({ isJson: args.json === true }).result({ format, path }, path);
  },
});
