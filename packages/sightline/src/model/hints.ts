/** What goes into a network and what its classes are: from its own metadata, or from the user for a foreign one. */
import { SightlineError } from '@sightline/core';
import type { InputRange, ModelMetadata } from '@sightline/models';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** What the user says about a network that Sightline did not save. */
export interface ModelHints {
  /** In the order of its outputs. */
  readonly classes?: readonly string[] | undefined;
  /** The range of pixel values that it takes. */
  readonly inputRange?: InputRange | undefined;
}

/** @throws SightlineError `usage` where there are hints for a network that has metadata */
export function ownMetadata(
  path: string,
  metadata: ModelMetadata,
  { classes, inputRange }: ModelHints,
): ModelMetadata {
  if (!classes && !inputRange) return metadata;
  const option = classes ? '--classes' : '--input-range';
  const what = `${path} names its classes (${metadata.classes.join(', ')}) and its preprocessing itself`;
  throw new SightlineError('usage', `${what}: leave out ${option}.`);
}

/**
 * The metadata of a foreign network: its size is in the model, its classes are in the hints. Default of its input range:
 * 0-255 where the network begins by rescaling its pixels, else 0-1.
 *
 * @throws SightlineError `missing` where the classes are not named, `usage` where they are not as many as its outputs, `data`
 *   where it does not take RGB images
 */
export function foreignMetadata(
  path: string,
  model: LayersModel,
  { classes, inputRange }: ModelHints,
): ModelMetadata {
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
    imageSize: [height, width],
    inputRange: inputRange ?? (first?.getClassName() === 'Rescaling' ? '0-255' : '0-1'),
  };
}
