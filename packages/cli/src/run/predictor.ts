/** What a trained network says of images, whatever it was loaded from: a run, a saved model or an ONNX file. */
import { extname } from 'node:path';
import type { ImageSet, ResizeOptions } from '@sightline/data';
import { openOnnx, perClass } from '@sightline/models';
import { imageFeatures, openTrained } from './trained.ts';

export interface Predictor {
  readonly classes: readonly string[];
  readonly resize: ResizeOptions;
  /** (n, classes) probabilities. */
  probabilities(images: ImageSet, signal: AbortSignal): Promise<Float32Array>;
  release(): void | Promise<void>;
}

/** Opens the network at `path`: an `.onnx` file, else as `openTrained` does. */
export async function openPredictor(path: string): Promise<Predictor> {
  if (extname(path) !== '.onnx') {
    const { metadata, resize, answer, release } = await openTrained(path);
    const probabilities = async (images: ImageSet, signal: AbortSignal) => {
      const { probabilities, units } = await answer(images, signal);
      return perClass(probabilities, units);
    };
    return { classes: metadata.classes, resize, probabilities, release };
  }
  const { metadata, probabilities, release } = await openOnnx(path);
  const { interpolation = 'nearest', fit = 'stretch' } = metadata;
  return {
    classes: metadata.classes,
    resize: { size: metadata.imageSize, interpolation, fit },
    async probabilities(images, signal) {
      if (metadata.input === 'images') return probabilities(images.data, images.shape);
      const { data, shape } = await imageFeatures(images, signal);
      return probabilities(data, shape);
    },
    release,
  };
}
