// Standardization, as in Keras' ImageDataGenerator. Featurewise: each channel minus its mean over the
// training images, divided by its deviation. Samplewise: an image minus the mean of all of its own pixels and channels,
// divided by their deviation.

type Channels = readonly [red: number, green: number, blue: number];

/** In the units of batches: pixel values times the source's `rescale`. */
export interface FeatureStatistics {
  readonly mean: Channels;
  readonly deviation: Channels;
}

/** Keras' guard against a deviation of zero. */
const EPSILON = 1e-6;

/** Mean and deviation of each channel over all pixels of all images. */
export function featureStatistics(
  { data }: { readonly data: Uint8Array },
  rescale = 1 / 255,
): FeatureStatistics {
  const counts = [0, 1, 2].map(() => new Float64Array(256));
  for (let i = 0; i < data.length; i += 3) {
    for (let channel = 0; channel < 3; channel++) counts[channel]![data[i + channel]!]!++;
  }
  const pixels = Math.max(data.length / 3, 1);
  const moment = (channel: number, of: (value: number) => number) =>
    counts[channel]!.reduce((sum, count, value) => sum + count * of(value), 0) / pixels;
  const means = [0, 1, 2].map((channel) => moment(channel, (value) => value));
  const deviations = means.map((mean, channel) => Math.sqrt(moment(channel, (value) => (value - mean) ** 2)));
  const scaled = (values: number[]) => values.map((value) => value * rescale) as unknown as Channels;
  return { mean: scaled(means), deviation: scaled(deviations) };
}

/**
 * What is done to each image by its own pixels: `center` is Keras' samplewise_center, `standardize` its
 * samplewise_std_normalization, which centers too.
 */
export const SAMPLEWISE = ['center', 'standardize'] as const;
export type Samplewise = (typeof SAMPLEWISE)[number];

/** Centres an image and, where asked, divides it by its deviation, in place. */
export function standardizeImage(image: Float32Array, samplewise: Samplewise): void {
  const mean = image.reduce((sum, value) => sum + value, 0) / image.length;
  let scale = 1;
  if (samplewise === 'standardize') {
    const variance = image.reduce((sum, value) => sum + (value - mean) ** 2, 0) / image.length;
    scale = 1 / (Math.sqrt(variance) + EPSILON);
  }
  for (let i = 0; i < image.length; i++) image[i] = (image[i]! - mean) * scale;
}

/** Standardizes pixels in place. */
export function standardize(pixels: Float32Array, { mean, deviation }: FeatureStatistics): void {
  for (let channel = 0; channel < 3; channel++) {
    const [center, scale] = [mean[channel]!, 1 / (deviation[channel]! + EPSILON)];
    for (let i = channel; i < pixels.length; i += 3) pixels[i] = (pixels[i]! - center) * scale;
  }
}
