// Augments images. What to do is sampled apart from being done, so that a test can give Keras and Sightline the same
// parameters, and a preview can say what was done to each image.

import { aboutCenter, compose, IDENTITY, type PixelsAt, type WarpFill, warpImage } from '@sightline/image';
import type { Random } from '../random/random.ts';
import { ALL, type AugmentationParameters, type AugmentationSettings } from './operations.ts';
import { mix } from './ops/mix.ts';
import { type ImageSize, short, spaced } from './ops/operation.ts';

type ByName = Readonly<Record<string, unknown>>;

/**
 * Samples for one image in an epoch. `randomFor` gives each operation a stream of its own, so that adding one changes no
 * other; `inEachEpoch` asks for the one that this image has in every epoch.
 */
export function sampleAugmentation(
  settings: AugmentationSettings,
  size: ImageSize,
  randomFor: (operation: string, inEachEpoch: boolean) => Random,
  epoch = 1,
): AugmentationParameters {
  const options: ByName = settings;
  const sampled: Record<string, unknown> = {};
  for (const { name, sample, stream } of ALL) {
    if (options[name] === undefined) continue;
    const parameters = sample(options[name], size, randomFor(name, stream === 'image'), epoch);
    if (parameters !== null) sampled[name] = parameters;
  }
  return sampled;
}

/**
 * Applies parameters to one RGB image: pixel values times `scale`, as floats, go into `out` from `at` on. For equal
 * parameters equals Keras' ImageDataGenerator.apply_transform on square images; an oblong one is rotated about its own
 * center, where Keras takes the height for the width.
 */
export function applyAugmentation(
  image: PixelsAt,
  parameters: AugmentationParameters,
  fill: WarpFill,
  out: Float32Array,
  at: number,
  scale: number,
): void {
  const { height, width } = image;
  const sampled: ByName = parameters;
  let [map, changesPixelValues] = [IDENTITY, false];
  for (const operation of ALL) {
    const value = sampled[operation.name];
    if (value === undefined) continue;
    if (operation.map) map = compose(map, operation.map(value, image));
    if (operation.apply) changesPixelValues = true;
  }
  const length = height * width * 3;
  warpImage(image, aboutCenter(map, height, width), fill, { out, at, scale: changesPixelValues ? 1 : scale });
  if (!changesPixelValues) return;
  const values = out.subarray(at, at + length);
  for (const { name, apply } of ALL) {
    if (apply && sampled[name] !== undefined) apply(values, sampled[name], image, fill.fillValue);
  }
  if (scale !== 1) for (let i = 0; i < length; i++) values[i] = values[i]! * scale;
}

/**
 * Parameters in words: `rotated left 12.4°, flipped`, or `unchanged`. They may come from a file; what another program
 * or version sampled is described by its name and values.
 */
export function describeAugmentation(sampled: ByName): string {
  const parts = Object.entries(sampled).map(([name, value]) => {
    const operation = [...ALL, mix].find((known) => known.name === name);
    const parameters = operation?.parameters.safeParse(value);
    if (operation && parameters?.success)
      return (operation.describe as (of: unknown) => string)(parameters.data);
    return `${spaced(name)} ${plain(value)}`;
  });
  return parts.filter((part) => part !== '').join(', ') || 'unchanged';
}

function plain(value: unknown): string {
  if (typeof value === 'number') return short(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(plain).join(' × ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, part]) => `${spaced(name)} ${plain(part)}`)
    .join(' ');
}
