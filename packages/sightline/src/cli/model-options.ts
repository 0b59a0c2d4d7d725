/** Options about a model that Sightline did not save. */

import { type Model, openModel } from '../index.ts';
import { INPUT_RANGES } from './choices.ts';
import { choice, names, type Options, option, size, type Values } from './option.ts';
import type { Output } from './output.ts';

export const modelOptions = {
  classes: option(names().optional(), {
    description: 'Classes of a model that does not name them, in the order of its outputs; or a file',
    hint: 'A,B,...',
  }),
  inputRange: option(choice(INPUT_RANGES, { unit: '0-1', byte: '0-255' }).optional(), {
    description: `Range of pixel values of a model that does not state it: ${INPUT_RANGES.join(', ')}`,
    hint: 'RANGE',
    aliases: ['levels'],
    defaultText: '0-255 where the model rescales its input, else 0-1',
  }),
  imageSize: option(size().optional(), {
    description: 'Size of the images of a model that leaves it open',
    hint: 'N|HxW',
  }),
} satisfies Options;

/** Opens a model by an argument and these options, says what is assumed of it, and frees it after its use. */
export async function withModel(
  path: string,
  { classes, inputRange, imageSize }: Values<typeof modelOptions>,
  output: Output,
  use: (model: Model) => Promise<void>,
): Promise<void> {
  const model = await openModel(path, { classes, inputRange, imageSize });
  for (const sentence of model.assumptions) output.note(sentence);
  try {
    await use(model);
  } finally {
    await model.release();
  }
}

/** The argument that names a model. */
export const MODEL = 'A run folder, a saved model, or any .onnx, .keras or .h5 classifier';
