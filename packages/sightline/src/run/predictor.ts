/** What a trained network says of images, class by class. */
import type { ImageSet, ResizeOptions } from '@sightline/data';
import { perClass } from '@sightline/metrics';
import type { Told } from './network-description.ts';
import { openTrained } from './trained.ts';

export interface Predictor {
  readonly classes: readonly string[];
  readonly resize: ResizeOptions;
  /** (n, classes) probabilities. */
  probabilities(images: ImageSet, signal: AbortSignal): Promise<Float32Array>;
  release(): void | Promise<void>;
}

/** Opens the network at `path` as `openTrained` does. */
export async function openPredictor(path: string, told: Told): Promise<Predictor> {
  const { metadata, resize, answer, release } = await openTrained(path, told);
  const probabilities = async (images: ImageSet, signal: AbortSignal) => {
    const { probabilities, units } = await answer(images, signal);
    return perClass(probabilities, units);
  };
  return { classes: metadata.classes, resize, probabilities, release };
}
