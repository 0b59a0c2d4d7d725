/** What a network takes and tells apart: by itself where Sightline saved it, by options where it is from elsewhere. */
import { SightlineError } from '@sightline/core';
import type { ModelMetadata } from '@sightline/models';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** What the user says of a network. */
export interface Told {
  /** In the order of its outputs. */
  readonly classes?: readonly string[];
  readonly levels?: NonNullable<ModelMetadata['levels']>;
}

/** @throws SightlineError `usage` where something is told of a network that says it itself */
export function itsOwn(path: string, metadata: ModelMetadata, { classes, levels }: Told): ModelMetadata {
  if (!classes && !levels) return metadata;
  const option = classes ? '--classes' : '--levels';
  const what = `${path} names its classes (${metadata.classes.join(', ')}) and its preprocessing itself`;
  throw new SightlineError('usage', `${what}: leave out ${option}.`);
}

/**
 * The description of a network from elsewhere: its size is in the model, its classes are told. Its levels, unless they
 * are told, are bytes where it begins by rescaling them, and divided by 255 where it does not.
 *
 * @throws SightlineError `missing` where the classes are not told, `usage` where they are not as many as its outputs, `data`
 *   where no RGB images go into it
 */
export function describe(path: string, model: LayersModel, { classes, levels }: Told): ModelMetadata {
  const [height, width, channels] = model.inputs[0]!.shape.slice(1);
  if (model.inputs.length !== 1 || !height || !width || channels !== 3) {
    const shapes = model.inputs.map(({ shape }) => shape.slice(1).map((size) => size ?? 'any'));
    const taken = shapes.map((shape) => shape.join('x')).join(' and ');
    throw new SightlineError(
      'data',
      `${path} takes ${taken}: expected RGB images of one size, height x width x 3.`,
    );
  }
  const units = model.outputs[0]!.shape.at(-1)!;
  const count = Math.max(units, 2);
  const example = Array.from({ length: Math.min(count, 3) }, (_, i) => `name${i}`).join(',');
  if (!classes) {
    const what = `${path} doesn't say what its ${count} classes are called`;
    throw new SightlineError(
      'missing',
      `${what}: name them in the order of its outputs with --classes ${example}.`,
    );
  }
  if (classes.length !== count) {
    const what = `${path} tells ${count} classes apart, and --classes names ${classes.length}`;
    throw new SightlineError(
      'usage',
      `${what} (${classes.join(', ')}): name each once, as in --classes ${example}.`,
    );
  }
  const [first] = model.layers.filter((layer) => layer.getClassName() !== 'InputLayer');
  return {
    classes: [...classes],
    input: 'images',
    imageSize: [height, width],
    levels: levels ?? (first?.getClassName() === 'Rescaling' ? 'byte' : 'unit'),
  };
}
