/** The settings of one run: an experiment of a configuration, with what the caller overrides. */

import { join, relative, resolve } from 'node:path';
import { nearest, SightlineError } from '@sightline/core';
import type { AugmentationOptions, ResizeOptions } from '@sightline/data';
import type { InputRange } from '@sightline/image';
import type { EngineName } from '@sightline/models';
import {
  type Experiment,
  type ExperimentInput,
  LOGISTIC,
  type NetworkName,
  parseExperiment,
} from '@sightline/models/experiment';
import { commandLine } from './command-line.ts';
import { type DataOverrides, dataOptionsOf } from './data-overrides.ts';
import type { LoadedConfig } from './load-config.ts';

/** What the caller sets instead of the configuration. Everything may be left out. */
export interface Overrides extends DataOverrides {
  /** The images: a folder, a .zip, or a .csv or .jsonl table. */
  readonly data?: string | undefined;
  /** The pretrained network whose features are trained on: a name, or an ONNX file. */
  readonly backbone?: NonNullable<ExperimentInput['backbone']> | undefined;
  /** The pixel values that a network of a file takes, where the file does not say. */
  readonly inputRange?: InputRange | undefined;
  /** The classifier: a network that is trained from scratch, or `logistic`. */
  readonly network?: NetworkName | typeof LOGISTIC | undefined;
  /** Height and width in pixels. */
  readonly imageSize?: readonly [height: number, width: number] | undefined;
  readonly epochs?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly augment?: AugmentationOptions | undefined;
  /** `balanced` lets each class count as much, however many images it has. */
  readonly classWeights?: 'balanced' | undefined;
  /** Which epoch's weights the run keeps. */
  readonly keep?: 'best' | 'last' | undefined;
  /** Also trains the last blocks of the backbone; kept where validation says so. */
  readonly fineTune?: boolean | undefined;
  readonly seed?: number | undefined;
  readonly engine?: 'auto' | EngineName | undefined;
  /** The folder of run folders. Default: `runs` beside the configuration, else in the working folder. */
  readonly out?: string | undefined;
  /** A folder that keeps hashes and decoded images for the next run. */
  readonly cache?: string | undefined;
  /** MiB of decoded images of a split that are kept in memory; what is larger is read from `cache`. Default: 2048. */
  readonly memory?: number | undefined;
}

export interface Settings {
  readonly name: string;
  /** As it is configured, with the overrides. */
  readonly experiment: Experiment;
  /** How an image is brought to what the network takes. */
  readonly resize: Required<ResizeOptions>;
  readonly seed: number;
  readonly engine: 'auto' | EngineName;
  /** The images, absolute. */
  readonly data: string;
  /** What the report calls them. */
  readonly title?: string;
  readonly classes?: readonly string[];
  /** The run's folder, absolute. */
  readonly out: string;
  /** Where hashes and decoded images are kept for the next run, absolute. */
  readonly cacheDir?: string;
  /** Bytes of decoded images of a split that are kept in memory; what is larger is trained from the cache. */
  readonly memoryLimit: number;
  /** The folder of features, absolute. */
  readonly features: string;
  /** A command line that does the same again. */
  readonly command: string;
}

/**
 * The names of the experiments that are asked for: one, or all of the configuration. Of the built-in configuration it is
 * the experiment of a network, or the default.
 *
 * @throws SightlineError `usage` for a name that the configuration does not have
 */
export function chosenExperiments(
  { experiments, defaultExperiment, path = 'the configuration' }: LoadedConfig,
  named?: string,
  network?: string,
): string[] {
  const names = Object.keys(experiments);
  const ofNetwork = network !== undefined && names.includes(network) ? network : defaultExperiment;
  const name = named ?? (defaultExperiment === undefined ? undefined : ofNetwork);
  if (name === undefined) return names;
  if (names.includes(name)) return [name];
  const close = nearest(name, names);
  const remedy = close ? `Did you mean ${close}?` : `It has ${names.join(', ')}.`;
  throw new SightlineError('usage', `There is no experiment "${name}" in ${path}. ${remedy}`);
}

/**
 * The settings of the experiment `name`.
 *
 * @throws SightlineError `usage` where there are no images, or where overrides contradict each other
 */
export function settingsOf(config: LoadedConfig, name: string, overrides: Overrides = {}): Settings {
  const configured = config.experiments[name];
  if (!configured) throw new SightlineError('config', `There is no experiment "${name}".`);
  const { cache, memory = DEFAULT_MEMORY } = overrides;
  if (overrides.memory !== undefined && cache === undefined) {
    throw new SightlineError(
      'usage',
      '--memory leaves what is larger in a file: name the folder for it with --cache DIR.',
    );
  }
  const experiment = parseExperiment(
    overridden(withBackboneOf(config.folder, configured), overrides),
    `The experiment ${name}`,
  );
  const { imageSize, interpolation, fit } = experiment;
  const seed = overrides.seed ?? config.seed ?? 1;
  const runs = overrides.out ?? join(config.folder, 'runs');
  return {
    name,
    experiment,
    resize: { size: imageSize, interpolation, fit },
    seed,
    engine: overrides.engine ?? 'auto',
    data: imagesOf(config, overrides),
    ...(config.title === undefined ? {} : { title: config.title }),
    ...(config.classes ? { classes: config.classes } : {}),
    out: resolve(runs, name),
    ...(cache === undefined ? {} : { cacheDir: resolve(cache) }),
    memoryLimit: memory * 2 ** 20,
    features: resolve(runs, '..', 'features'),
    command: commandLine(config, name, { ...overrides, seed }),
  };
}

/** MiB of decoded images, of each split. */
const DEFAULT_MEMORY = 2048;

function imagesOf({ images, data, folder }: LoadedConfig, overrides: Overrides): string {
  if (images !== undefined && overrides.data !== undefined && resolve(overrides.data) !== images) {
    throw new SightlineError(
      'usage',
      `The images are named twice, ${images} and ${overrides.data}: leave out one of them.`,
    );
  }
  if (images !== undefined) return images;
  if (overrides.data !== undefined) return resolve(overrides.data);
  if (data !== undefined) return resolve(folder, data);
  throw new SightlineError(
    'usage',
    'There are no images to train on: name their folder, as in sightline train photos, or set "data" in sightline.config.ts.',
  );
}

/** Networks whose input is features. */
const ON_FEATURES: readonly unknown[] = [LOGISTIC, 'dense-backend'];

/** What is said of training is said of fine-tuning: beside it nothing is trained by steps. */
function fineTuneOf(
  own: ExperimentInput['fineTune'],
  { epochs, batchSize, learningRate, augment }: Overrides,
): ExperimentInput['fineTune'] {
  return {
    ...(typeof own === 'object' ? own : {}),
    ...(epochs ? { epochs } : {}),
    ...(batchSize ? { batchSize } : {}),
    ...(learningRate ? { learningRate } : {}),
    ...(augment ? { augmentation: augment } : {}),
  };
}

/** A file of a configuration lies as seen from there. */
function withBackboneOf(folder: string, experiment: ExperimentInput): ExperimentInput {
  const { backbone } = experiment;
  if (!backbone?.endsWith('.onnx')) return experiment;
  return { ...experiment, backbone: relative('.', resolve(folder, backbone)) as `${string}.onnx` };
}

function overridden(experiment: ExperimentInput, overrides: Overrides): ExperimentInput {
  const {
    backbone,
    inputRange,
    network,
    imageSize,
    epochs,
    batchSize,
    learningRate,
    augment,
    classWeights,
    keep,
    fineTune,
  } = overrides;
  if (backbone && network && !ON_FEATURES.includes(network)) {
    throw new SightlineError(
      'usage',
      `--network ${network} trains on pixels and --backbone ${backbone} on features: give one of them.`,
    );
  }
  const { optimizer = { name: 'adam' } } = experiment;
  const input = { ...experiment, ...(network ? { network } : {}), ...(backbone ? { backbone } : {}) };
  // A network that is named takes the place of one with another kind of input.
  if (network && !ON_FEATURES.includes(network)) input.backbone = null;
  if (backbone && !ON_FEATURES.includes(input.network)) input.network = LOGISTIC;
  return {
    ...input,
    ...(inputRange ? { inputRange } : {}),
    ...(imageSize ? { imageSize } : {}),
    ...(epochs ? { epochs } : {}),
    ...(batchSize ? { batchSize } : {}),
    ...(learningRate ? { optimizer: { ...optimizer, learningRate } } : {}),
    ...(augment ? { augmentation: augment } : {}),
    ...(classWeights ? { classWeights } : {}),
    ...(keep ? { keep } : {}),
    ...(fineTune || experiment.fineTune ? { fineTune: fineTuneOf(experiment.fineTune, overrides) } : {}),
    data: dataOptionsOf(overrides, experiment.data),
  };
}
