// Progressive resizing: the first epochs see smaller images, which takes less time, as a share of their pixels.
// Source: Howard, Training Imagenet in 3 hours for $25 (fast.ai, 2018).

import { SightlineError } from '@sightline/core';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { ClassifierOutputs } from '../evaluate/classifier-outputs.ts';
import type { ProgressiveResizingSettings } from './settings.ts';

/** The (n, height, width, channels) images that an epoch trains on, after so many whole ones. Disposes what it is given. */
export type ImagesOfEpoch = (images: tf.Tensor, epochsDone: number) => tf.Tensor;

/**
 * What makes the images of the first epochs smaller. Throws SightlineError `network` where the network takes no images, or
 * none of that size.
 */
export function imagesOfEpoch(
  model: tfl.LayersModel,
  outputs: ClassifierOutputs,
  settings: ProgressiveResizingSettings | null,
): ImagesOfEpoch {
  if (!settings) return (images) => images;
  const [, height, width, channels] = model.inputs[0]!.shape;
  if (!height || !width || !channels) {
    throw new SightlineError(
      'network',
      'progressiveResizing makes images smaller, and the network takes none of a known size. Leave it out.',
    );
  }
  const size = [height, width].map((side) => Math.round(side * settings.scale)) as [number, number];
  try {
    tf.tidy(() => outputs.logits(tf.zeros([1, ...size, channels]), false));
  } catch (cause) {
    throw new SightlineError(
      'network',
      `progressiveResizing asks for images of ${size[1]}x${size[0]} pixels, and the network takes none but ${width}x${height}. Use a network that pools over the whole image, such as residual, or another scale.`,
      { cause },
    );
  }
  const corner = [height, width].map((side, i) => (side - size[i]!) >> 1);
  return (images, epochsDone) => {
    if (epochsDone >= settings.epochs) return images;
    const smaller =
      settings.by === 'crop'
        ? tf.slice4d(images as tf.Tensor4D, [0, ...corner, 0] as Corner, [
            images.shape[0]!,
            ...size,
            channels,
          ])
        : tf.image.resizeBilinear(images as tf.Tensor4D, size, false, true);
    images.dispose();
    return smaller;
  };
}

type Corner = [number, number, number, number];
