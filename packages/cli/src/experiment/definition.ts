/**
 * What a user writes in `sightline.config.ts`: experiments by name. An *experiment* is a network, what goes into it,
 * and how it is trained; a *run* is one training of it.
 */
import type { AugmentationOptions, Fit, Interpolation } from '@sightline/data';
import type { Network, NetworkName, OptimizerConfig, Schedule } from '@sightline/models';

export interface Experiment {
  /** A name of `networks` in @sightline/models, or one's own function of the input's shape and the classes' number. */
  readonly network: NetworkName | Network;
  /** `images` unless given: RGB divided by 255. `vgg16-features`: what VGG16's convolutions say of each image. */
  readonly input?: 'images' | 'vgg16-features';
  /** Height and width in pixels that images are brought to; 64 x 64 unless given. */
  readonly imageSize?: readonly [height: number, width: number];
  /** How pixels are found when an image is resized; `nearest` unless given. */
  readonly interpolation?: Interpolation;
  /** What happens to an image of another aspect; `stretch` unless given. */
  readonly fit?: Fit;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerConfig;
  readonly schedule?: Schedule;
  /** Changes that are drawn anew for each training image in each epoch. Validation images are left as they are. */
  readonly augmentation?: AugmentationOptions;
  readonly classWeights?: 'balanced' | readonly number[];
  readonly labelSmoothing?: number;
}

export interface Config {
  /** The folder of images, relative to this file. */
  readonly data?: string;
  /**
   * The order of the classes, where a folder has these: with two, the probability of the last is given. Alphabetical
   * unless given.
   */
  readonly classes?: readonly string[];
  /** 1 unless given. */
  readonly seed?: number;
  readonly experiments: Readonly<Record<string, Experiment>>;
}

/** Checks an experiment's types as it is written. */
export function defineExperiment(experiment: Experiment): Experiment {
  return experiment;
}

/** Checks a configuration's types as it is written. */
export function defineConfig(config: Config): Config {
  return config;
}
