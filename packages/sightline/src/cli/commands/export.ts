/** `sightline export`: a trained model in a format that other programs read. */

import { counted, quoted } from '@sightline/core';
import { PROGRAM } from '../../config/command-line.ts';
import { EXPORT_FORMATS } from '../choices.ts';
import { defineCommand } from '../command.ts';
import { MODEL, modelOptions, withModel } from '../model-options.ts';
import { choice, option, text } from '../option.ts';

export const command = defineCommand({
  usage: 'MODEL',
  arguments: { MODEL },
  examples: [
    { command: 'sightline export runs/baseline --format onnx --out baseline.onnx', does: 'One ONNX file' },
    { command: 'sightline export runs/baseline --format keras --out baseline.keras', does: 'For Keras' },
  ],
  options: {
    format: option(choice(EXPORT_FORMATS), { description: EXPORT_FORMATS.join(', '), hint: 'F' }),
    out: option(text('a file, or a folder for tfjs'), {
      description: 'A file; for tfjs a folder; for keras a .keras or .h5 file',
      hint: 'PATH',
    }),
    data: option(text('a folder of images').optional(), {
      description: 'Images on which an ONNX file is compared with the model',
      hint: 'DIR',
      defaultText: "the run's own",
    }),
    ...modelOptions,
  },
  async run({ values, args: [path = ''], output, work }) {
    const { format, out, data } = values;
    await withModel(path, values, output, async (model) => {
      const exported = await model.export(format, out, { data, ...work });
      const { checked } = exported;
      if (checked) output.note(`Gives the model's probabilities on ${counted(checked.images, 'image')}.`);
      else if (format === 'onnx') {
        output.warn('Not compared with the model: name a folder of images with --data DIR.');
      }
      output.result(exported, exported.path);
      if (format === 'onnx') {
        const command = `${PROGRAM} predict ${quoted(out)} IMAGE...`;
        output.next({ command, does: 'Classify images with the file' });
      }
    });
  },
});
