/** `sightline export`: a trained model in a format that other programs read. */

import { counted, decimal, fileSize, quoted } from '@sightline/core';
import type { ExportPrecision } from '@sightline/models';
import { PROGRAM } from '../../config/command-line.ts';
import type { CheckedExport } from '../../model/checked-onnx.ts';
import { EXPORT_FORMATS, EXPORT_PRECISIONS } from '../choices.ts';
import { defineCommand } from '../command.ts';
import { MODEL, modelOptions, withModel } from '../model-options.ts';
import { choice, option, text } from '../option.ts';
import type { Output } from '../output.ts';

export const command = defineCommand({
  usage: 'MODEL',
  arguments: { MODEL },
  examples: [
    { command: 'sightline export runs/baseline --format onnx --out baseline.onnx', does: 'One ONNX file' },
    {
      command: 'sightline export runs/baseline --format onnx --precision int8 --out small.onnx',
      does: 'A quarter of the size, and faster',
    },
    { command: 'sightline export runs/baseline --format keras --out baseline.keras', does: 'For Keras' },
  ],
  options: {
    format: option(choice(EXPORT_FORMATS), { description: EXPORT_FORMATS.join(', '), hint: 'F' }),
    out: option(text('a file, or a folder for tfjs'), {
      description: 'A file; for tfjs a folder; for keras a .keras or .h5 file',
      hint: 'PATH',
    }),
    precision: option(choice(EXPORT_PRECISIONS).default('fp32'), {
      description:
        'The precision of an ONNX file: fp32; fp16 (weights in half the bytes); int8 (convolutions in 8 bits, calibrated on images)',
      hint: 'P',
    }),
    data: option(text('a folder of images').optional(), {
      description: 'Images on which an ONNX file is compared with the model, and int8 is calibrated',
      hint: 'DIR',
      defaultText: "the run's own",
    }),
    ...modelOptions,
  },
  async run({ values, args: [path = ''], output, work }) {
    const { format, out, data, precision } = values;
    await withModel(path, values, output, async (model) => {
      const exported = await model.export(format, out, { data, precision, ...work });
      const { checked, bytes } = exported;
      if (checked) noteCheck(output, precision, checked);
      else if (format === 'onnx') {
        output.warn('Not compared with the model: name a folder of images with --data DIR.');
      }
      const size = bytes === undefined ? '' : ` (${precision}, ${fileSize(bytes)})`;
      output.result(exported, `${exported.path}${size}`);
      const command = `${PROGRAM} predict ${quoted(out)} IMAGE...`;
      output.next({
        command,
        does: format === 'tfjs' ? 'Classify images with it' : 'Classify images with the file',
      });
    });
  },
});

/** A loss of accuracy that is worth a warning. */
const LARGEST_LOSS = 0.01;

function noteCheck(
  output: Output,
  precision: ExportPrecision,
  { images, difference, accuracy: { network, file } }: CheckedExport,
): void {
  const on = `on ${counted(images, 'image')}`;
  if (precision === 'fp32') output.note(`Gives the model's probabilities ${on}.`);
  else {
    const text = `Accuracy ${decimal(network)} of the model, ${decimal(file)} of the file, ${on}; the largest difference of a probability is ${decimal(difference)}.`;
    if (network - file > LARGEST_LOSS) output.warn(text);
    else output.note(text);
  }
}
