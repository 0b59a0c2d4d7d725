/**
 * What one run is to do: an experiment, with what the command line or the environment says instead of its
 * configuration. Each option has an environment variable (`--batch-size`: `SIGHTLINE_BATCH_SIZE`), so that turbo's
 * tasks can be told; the command line has the last word.
 */

import { join, relative, resolve } from 'node:path';
import { quoted, SightlineError } from '@sightline/core';
import type { ResizeOptions } from '@sightline/data';
import { wholeNumber } from '../command/options.ts';
import type { Experiment } from './definition.ts';
import type { LoadedConfig } from './load-config.ts';

export const engineNames = ['auto', 'onnxruntime', 'cpu', 'tfjs-node', 'tfjs-node-gpu'] as const;

/** Options as they were typed. */
export interface TrainOptions {
  readonly data?: string | undefined;
  readonly epochs?: string | undefined;
  readonly 'batch-size'?: string | undefined;
  readonly seed?: string | undefined;
  readonly engine?: string | undefined;
  readonly out?: string | undefined;
  readonly cache?: string | undefined;
  readonly memory?: string | undefined;
}

export interface Settings {
  readonly name: string;
  /** As it is configured, with what the options say instead. */
  readonly experiment: Experiment;
  /** How an image is brought to what the network takes. */
  readonly resize: Required<ResizeOptions>;
  readonly seed: number;
  readonly engine: (typeof engineNames)[number];
  /** The folder of images, absolute. */
  readonly data: string;
  readonly classes?: readonly string[];
  /** The run's folder, absolute. */
  readonly out: string;
  /** Where hashes and decoded images are kept for the next run, absolute; nowhere unless given. */
  readonly cacheDir?: string;
  /** Bytes of decoded images of a split that are kept in memory; what is larger is trained from the cache. */
  readonly memoryLimit: number;
  /** The folder of VGG16 features, absolute. */
  readonly features: string;
  /** A command line that does the same again. */
  readonly command: string;
}

/** The options, those that were not given from the environment. An empty variable is none. */
export function withEnvironment(options: TrainOptions, env: NodeJS.ProcessEnv = process.env): TrainOptions {
  const names = ['data', 'epochs', 'batch-size', 'seed', 'engine', 'out', 'cache', 'memory'] as const;
  return Object.fromEntries(
    names.map((name) => {
      const variable = `SIGHTLINE_${name.toUpperCase().replace('-', '_')}`;
      return [name, options[name] ?? (env[variable] || undefined)];
    }),
  );
}

/** The names of the experiments that are asked for: one, or all. */
export function chosenExperiments(config: LoadedConfig, name: string | undefined): string[] {
  const names = Object.keys(config.experiments);
  if (name === undefined) return names;
  if (names.includes(name)) return [name];
  const where = config.path ?? 'the built-in configuration';
  throw new SightlineError(
    'usage',
    `There is no experiment "${name}" in ${where}. It has ${names.join(', ')}.`,
  );
}

/** The settings of the experiment `name`. */
export function settingsOf(config: LoadedConfig, name: string, options: TrainOptions): Settings {
  const experiment = config.experiments[name];
  if (!experiment) throw new SightlineError('config', `There is no experiment "${name}".`);
  const data = options.data ?? (config.data === undefined ? undefined : resolve(config.folder, config.data));
  if (data === undefined) {
    throw new SightlineError(
      'usage',
      'Which images? Name their folder with --data DIR, or in sightline.config.ts.',
    );
  }
  const engine = engineNames.find((known) => known === (options.engine ?? 'auto'));
  if (!engine) {
    throw new SightlineError(
      'usage',
      `--engine takes one of ${engineNames.join(', ')}; "${options.engine}" was given.`,
    );
  }
  const memory = wholeNumber('memory', options.memory, 1);
  if (memory !== undefined && options.cache === undefined) {
    throw new SightlineError(
      'usage',
      '--memory leaves what is larger in a file: name the folder for it with --cache DIR.',
    );
  }
  const runs = options.out ?? join(config.folder, 'runs');
  const seed = wholeNumber('seed', options.seed, 0) ?? config.seed ?? 1;
  const { imageSize = [64, 64], interpolation = 'nearest', fit = 'stretch', input = 'images' } = experiment;
  return {
    name,
    experiment: {
      ...experiment,
      input,
      imageSize,
      interpolation,
      fit,
      epochs: wholeNumber('epochs', options.epochs, 1) ?? experiment.epochs,
      batchSize: wholeNumber('batch-size', options['batch-size'], 1) ?? experiment.batchSize,
    },
    resize: { size: imageSize, interpolation, fit },
    seed,
    engine,
    data: resolve(data),
    ...(config.classes ? { classes: config.classes } : {}),
    out: resolve(runs, name),
    ...(options.cache === undefined ? {} : { cacheDir: resolve(options.cache) }),
    memoryLimit: (memory ?? defaultMemory) * 2 ** 20,
    features: resolve(runs, '..', 'features'),
    command: commandLine(config, name, { ...options, seed: String(seed) }),
  };
}

/** MiB of decoded images, of each split. */
const defaultMemory = 2048;
const placeOptions = ['data', 'out', 'cache'];

/** From sources, `sightline` is a script of the repository, which runs in the folder that npm was called in. */
const isFromSources = import.meta.url.endsWith('.ts');
const program = isFromSources ? 'npm run sightline --' : 'sightline';
const folder = isFromSources ? resolve(import.meta.dirname, '../../../..') : process.cwd();

function commandLine(config: LoadedConfig, name: string, options: TrainOptions): string {
  const place = (path: string) => {
    const from = relative(folder, resolve(path));
    return from.startsWith('..') ? resolve(path) : from || '.';
  };
  const words = [program, 'train', ...(config.path ? [place(config.path)] : []), '--experiment', name];
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined) continue;
    words.push(`--${option}`, placeOptions.includes(option) ? place(value) : value);
  }
  return words.map((word, i) => (i === 0 ? word : quoted(word))).join(' ');
}
