/** `sightline export`: a trained run's network in a format that other programs read. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { counted, SightlineError } from '@sightline/core';
import { type ModelMetadata, saveKeras, saveModel } from '@sightline/models';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { defineCommand } from 'citty';
import { writeCheckedOnnx } from '../run/checked-onnx.ts';
import { openTrained } from '../run/trained.ts';
import { openOutput } from '../terminal/output.ts';
import { listenForInterrupt } from '../terminal/signal.ts';
import { networkOptions, oneOf, required, sharedOptions, toldOf } from './options.ts';

type Format = 'onnx' | 'tfjs' | 'keras';

/** What is written without more ado, at the path that `--out` names. */
const writers: Record<
  Exclude<Format, 'onnx'>,
  (model: LayersModel, metadata: ModelMetadata, path: string) => Promise<void>
> = {
  tfjs: (model, metadata, path) => saveModel(model, path, metadata),
  keras: (model, metadata, path) => saveKeras(model, path, metadata),
};

const formats: readonly Format[] = ['onnx', 'tfjs', 'keras'];

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
    data: {
      type: 'string',
      description: "Images that an ONNX file is checked on; the run's own unless given",
      valueHint: 'DIR',
    },
    ...networkOptions,
    ...sharedOptions,
  },
  async run({ args }) {
    const example = 'sightline export runs/baseline --format onnx --out baseline.onnx';
    const [dir] = required(args._, 'a run folder', example);
    const format = oneOf('format', args.format, formats);
    if (!format || !args.out)
      throw new SightlineError('usage', `Expected --format and --out. For example: ${example}`);
    const output = openOutput({ isJson: args.json === true });
    const path = resolve(args.out);
    const { signal, close } = listenForInterrupt();
    const trained = await openTrained(dir, toldOf(args));
    try {
      const { model, metadata, run, exportChecked } = trained;
      if (!model || !exportChecked)
        throw new SightlineError(
          'usage',
          `${dir} is an ONNX file: name the run or the model that it came from.`,
        );
      if (format !== 'onnx') {
        await writers[format](model, metadata, path);
        return output.result({ format, path }, path);
      }
      const own = run && existsSync(run.data.root) ? run.data.root : undefined;
      const checked = await writeCheckedOnnx(
        { ...trained, model, exportChecked },
        path,
        args.data ?? own,
        signal,
      );
      if (checked) output.note(`Gives the network's probabilities on ${counted(checked.images, 'image')}.`);
      else output.warn('Not checked against the network: name a folder of images with --data DIR.');
      output.result({ format, path, ...(checked ? { checked } : {}) }, path);
    } finally {
      close();
      await trained.release();
    }
  },
});
