// What an exported classifier says about itself in its ONNX metadata: its classes, and how to resize a photo for it.

import { SightlineError } from '@sightline/core';
import { FITS, type Fit, INTERPOLATIONS, type Interpolation, type Size } from '@sightline/image';

export interface ModelMetadata {
  readonly classes: readonly string[];
  /** Pixels: height, width. */
  readonly imageSize: Size;
  readonly interpolation: Interpolation;
  readonly fit: Fit;
  /** The share of the centered crop's sides that is kept. */
  readonly cropFraction: number;
}

const isSide = (value: unknown) => Number.isInteger(value) && (value as number) >= 1;
const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
const isSize = (value: unknown): value is Size =>
  Array.isArray(value) && value.length === 2 && value.every(isSide);
const isFraction = (value: unknown): value is number => typeof value === 'number' && value > 0 && value <= 1;
const isOneOf =
  <T extends string>(words: readonly T[]) =>
  (value: unknown): value is T =>
    words.includes(value as T);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What a model's metadata say. `interpolation`, `fit` and `cropFraction` default to what `sightline` itself defaults to:
 * nearest, stretch, 1.
 *
 * @throws SightlineError `saved-model` if some are missing, or if it takes something else than images
 */
export function readModelMetadata(written: Readonly<Record<string, string>>): ModelMetadata {
  const { interpolation = 'nearest', fit = 'stretch', cropFraction = '1', input = 'images' } = written;
  if (input !== 'images') {
    throw new SightlineError('saved-model', `The model takes ${input}, not images.`, {
      hint: 'Export the run again with this version of sightline, which puts everything from the pixels on into the file.',
    });
  }
  const field = <T>(name: string, value: unknown, isValid: (value: unknown) => value is T): T => {
    if (isValid(value)) return value;
    const found = written[name] === undefined ? 'is missing' : `is ${written[name]}`;
    throw new SightlineError(
      'saved-model',
      `The model does not say in its metadata how to classify an image: ${name} ${found}.`,
      { hint: 'Use an .onnx file that `sightline export` or `sightline train` wrote.' },
    );
  };
  return {
    classes: field('classes', parsed(written.classes ?? ''), isNames),
    imageSize: field('imageSize', parsed(written.imageSize ?? ''), isSize),
    interpolation: field('interpolation', interpolation, isOneOf(INTERPOLATIONS)),
    fit: field('fit', fit, isOneOf(FITS)),
    cropFraction: field('cropFraction', parsed(cropFraction), isFraction),
  };
}
