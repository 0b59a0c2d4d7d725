/** A configuration to begin with: the most useful fields of an experiment, each with what the schema says of it. */

import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { SightlineError } from '@sightline/core';
import { writeFileAtomic } from '@sightline/core/files';
import { type ExperimentField, experimentFields } from '@sightline/models/experiment';
import { CONFIG_NAMES } from './load-config.ts';
import { wrapped } from './words.ts';

export interface InitOptions {
  /** The folder of images. Default: `photos` in the folder of the configuration. */
  readonly data?: string | undefined;
}

export interface InitializedConfig {
  readonly file: string;
}

/** Fields of the default recipe, as comments; and those of a network that is trained from scratch. */
const RECIPE = ['network', 'backbone', 'imageSize', 'interpolation', 'fit', 'data'];
const FROM_SCRATCH = [
  'epochs',
  'batchSize',
  'optimizer',
  'schedule',
  'augmentation',
  'keep',
  'earlyStopping',
];

/** Values to begin with; other fields show their defaults. */
const EXAMPLE: Readonly<Record<string, string>> = {
  data: "{ group: '(\\\\d+)_\\\\d+', ignoreClasses: ['unsure'], validationFraction: 0.1 }",
  epochs: '30',
  batchSize: '32',
  optimizer: "{ name: 'adam', learningRate: 0.003 }",
  schedule: "{ name: 'cosine', warmupEpochs: 1 }",
  augmentation: '{ horizontalFlip: true, rotation: 10 }',
};

/**
 * Writes `sightline.config.ts` into a folder.
 *
 * @throws SightlineError `not-writable` where there is a configuration already, or the folder can't be written to
 */
export function initConfig(dir = '.', { data = join(dir, 'photos') }: InitOptions = {}): InitializedConfig {
  const file = join(dir, CONFIG_NAMES[0]);
  const present = CONFIG_NAMES.map((name) => join(dir, name)).find((path) => existsSync(path));
  if (present) {
    throw new SightlineError(
      'not-writable',
      `There is a configuration ${present} already: edit it, or remove it.`,
    );
  }
  writeFileAtomic(file, configText(relative(resolve(dir), resolve(data)).replaceAll('\\', '/') || '.'));
  return { file };
}

function configText(data: string): string {
  return `/**
 * Experiments: \`sightline train\` trains them all, \`sightline train --experiment NAME\` one of them.
 * A field that is left out, or commented out, has the default that its comment names.
 */
import { defineConfig, defineExperiment } from 'sightline';

export default defineConfig({
  // The images: a folder DIR/<class>/* or DIR/train|validation/<class>/*, a .zip, or a .csv or .jsonl table.
  data: ${literal(data)},

  // What the report calls the data set. Default: the name of its folder.
  // title: 'Flowers of the garden',

  // The order of the classes; with two, metrics are about the last. Default: alphabetical.
  // classes: ['other', 'car'],

  // Random seed. Default: 1.
  // seed: 1,

  experiments: {
    // A classifier on the features of a pretrained network: the default, best for most photographs.
    transfer: defineExperiment({
${RECIPE.map(commentedField).join('\n')}
    }),

    // A network that is trained from scratch.
    residual: defineExperiment({
      network: 'residual',
${FROM_SCRATCH.map(exampleField).join('\n')}
    }),
  },
});
`;
}

const FIELDS = new Map(experimentFields().map((field) => [field.name, field]));

function commentedField(name: string): string {
  const field = FIELDS.get(name);
  const inner = [...FIELDS.values()].filter((each) => each.name.startsWith(`${name}.`));
  const comments = [commentOf(field), ...inner.map((each) => commentOf(each, `- ${each.name}: `))];
  return `${comments.join('\n')}\n      // ${name}: ${EXAMPLE[name] ?? exampleOf(field)},`;
}

function exampleField(name: string): string {
  const example = EXAMPLE[name];
  return example === undefined
    ? commentedField(name)
    : `${commentOf(FIELDS.get(name))}\n      ${name}: ${example},`;
}

/** `// Images per step. Default: 32.` */
function commentOf(field: ExperimentField | undefined, prefix = ''): string {
  const { description = '', choices = [], defaultText, default: standard } = field ?? {};
  const words = choices.filter((word) => !description.includes(word));
  const parts = [description];
  if (words.length > 0) parts.push(`One of ${choices.join(', ')}.`);
  const value = defaultText ?? (standard === undefined ? undefined : literal(standard));
  if (value !== undefined && value !== '{}') parts.push(`Default: ${value}.`);
  return wrapped(prefix + parts.join(' '), WIDTH)
    .map((line) => `      // ${line}`)
    .join('\n');
}

const WIDTH = 90;

/** What a commented field shows: its default, else its first word. */
function exampleOf(field: ExperimentField | undefined): string {
  const { default: standard, choices = [], type } = field ?? {};
  if (standard !== undefined && standard !== null) return literal(standard);
  if (choices[0] !== undefined) return literal(choices[0]);
  return type === 'list' ? '[224, 224]' : type === 'object' ? '{ patience: 5 }' : 'null';
}

/** A value as TypeScript. */
export function literal(value: unknown): string {
  if (typeof value === 'string') return /['\\\n]/.test(value) ? JSON.stringify(value) : `'${value}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (Object.keys(value).length === 0) return '{}';
  const entries = Object.entries(value).map(([key, each]) => `${key}: ${literal(each)}`);
  return `{ ${entries.join(', ')} }`;
}
