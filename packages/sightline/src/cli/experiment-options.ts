/**
 * Options that override an experiment. Each has an environment variable, so that turbo's tasks can be told: the command
 * line comes first, then the environment, then the configuration. Words and choices are those of the experiment's schema.
 */

import { BACKBONE_NAMES } from '@sightline/models/backbones';
import { experimentFields, LOGISTIC, NETWORKS } from '@sightline/models/experiment';
import { z } from 'zod';
import { parseAugmentation } from './augmentation-option.ts';
import { ENGINES, FITS, INPUT_RANGES, INTERPOLATIONS } from './choices.ts';
import {
  choice,
  fraction,
  type Options,
  option,
  positiveNumber,
  size,
  switchOf,
  text,
  wholeNumber,
} from './option.ts';

const FIELDS = new Map(experimentFields().map((field) => [field.name, field]));

/** What the schema says about a field, without its full stop. */
export const fieldDescription = (name: string): string => FIELDS.get(name)!.description.replace(/\.$/, '');

/** An option that stands for a field of the experiment. The configuration, or the schema, has its default. */
function field<S extends z.ZodType>(name: string, hint: string, variable: string, schema: S) {
  return option(schema, { description: fieldDescription(name), hint, variable });
}

const CLASSIFIERS = [LOGISTIC, ...Object.keys(NETWORKS)] as [typeof LOGISTIC, ...(keyof typeof NETWORKS)[]];

/** A column of a table, by its name. */
const columnField = (name: string, variable: string) =>
  field(`data.columns.${name}`, 'NAME', variable, text('the name of a column').optional());

/** Which images belong to a data set, and which of them are held out. */
export const dataOptions = {
  group: field('data.group', 'REGEXP', 'SIGHTLINE_GROUP', text('a regular expression').optional()),
  ignoreClass: option(z.array(text('the name of a class')).optional(), {
    description: 'A class to leave out; may be given several times',
    hint: 'NAME',
    variable: 'SIGHTLINE_IGNORE_CLASS',
    isRepeatable: true,
  }),
  pathColumn: columnField('path', 'SIGHTLINE_PATH_COLUMN'),
  labelColumn: columnField('label', 'SIGHTLINE_LABEL_COLUMN'),
  splitColumn: columnField('split', 'SIGHTLINE_SPLIT_COLUMN'),
  groupColumn: columnField('group', 'SIGHTLINE_GROUP_COLUMN'),
  validationFraction: option(fraction({ over: 0, below: 1 }).optional(), {
    description: fieldDescription('data.validationFraction'),
    hint: 'X',
    variable: 'SIGHTLINE_VALIDATION_FRACTION',
    defaultText: FIELDS.get('data.validationFraction')!.defaultText!,
  }),
} satisfies Options;

/** What makes one run differ from another. Where no default is named, the configuration has the value. */
export const experimentOptions = {
  data: option(text('a folder of images, a .zip, or a .csv or .jsonl table').optional(), {
    description: 'The images: a folder, a .zip, or a .csv or .jsonl table',
    hint: 'DIR',
    variable: 'SIGHTLINE_DATA',
  }),
  ...dataOptions,
  allowErrors: switchOf({
    description: fieldDescription('data.allowErrors'),
    variable: 'SIGHTLINE_ALLOW_ERRORS',
  }),
  backbone: option(backbone().optional(), {
    description: `Train on the features of a pretrained network: ${BACKBONE_NAMES.join(', ')}, or an ONNX file`,
    hint: 'NAME',
    variable: 'SIGHTLINE_BACKBONE',
  }),
  inputRange: option(choice(INPUT_RANGES).optional(), {
    description: `${fieldDescription('inputRange').replace(/,.*/, '')}: ${INPUT_RANGES.join(', ')}`,
    hint: 'RANGE',
    variable: 'SIGHTLINE_INPUT_RANGE',
    defaultText: '0-1',
  }),
  network: option(choice(CLASSIFIERS).optional(), {
    description: `The classifier to train: ${CLASSIFIERS.join(', ')}`,
    hint: 'NAME',
    variable: 'SIGHTLINE_NETWORK',
  }),
  imageSize: field('imageSize', 'N|HxW', 'SIGHTLINE_IMAGE_SIZE', size().optional()),
  epochs: field('epochs', 'N', 'SIGHTLINE_EPOCHS', wholeNumber(1).optional()),
  batchSize: field('batchSize', 'N', 'SIGHTLINE_BATCH_SIZE', wholeNumber(1).optional()),
  learningRate: field('optimizer.learningRate', 'X', 'SIGHTLINE_LEARNING_RATE', positiveNumber().optional()),
  augment: option(augmentation().optional(), {
    description: 'Random changes of the training images: rotation=20,horizontalFlip, or JSON',
    hint: 'SPEC',
    variable: 'SIGHTLINE_AUGMENT',
  }),
  classWeights: option(choice(['balanced']).optional(), {
    description: 'Let each class count as much, however many images it has: balanced',
    hint: 'WEIGHTS',
    variable: 'SIGHTLINE_CLASS_WEIGHTS',
  }),
  keep: field('keep', 'EPOCH', 'SIGHTLINE_KEEP', choice(['best', 'last']).optional()),
  seed: option(wholeNumber(0).optional(), {
    description: 'Random seed',
    hint: 'N',
    variable: 'SIGHTLINE_SEED',
    defaultText: "the configuration's, else 1",
  }),
  engine: option(choice(ENGINES).optional(), {
    description: `What executes the training: ${ENGINES.join(', ')}`,
    hint: 'E',
    variable: 'SIGHTLINE_ENGINE',
    defaultText: 'auto',
  }),
} satisfies Options;

/** How images are resized, where no experiment says it. */
export const resizeOptions = {
  interpolation: option(choice(INTERPOLATIONS).optional(), {
    description: `${fieldDescription('interpolation')}: ${INTERPOLATIONS.join(', ')}`,
    hint: 'NAME',
    defaultText: String(FIELDS.get('interpolation')!.default),
  }),
  fit: option(choice(FITS).optional(), {
    description: `How an image of another aspect ratio fits: ${FITS.join(', ')}`,
    hint: 'FIT',
    defaultText: String(FIELDS.get('fit')!.default),
  }),
} satisfies Options;

/** Where a training keeps things; no result depends on them. */
export const placeOptions = {
  out: option(text('a folder').optional(), {
    description: 'The folder of run folders',
    hint: 'DIR',
    variable: 'SIGHTLINE_OUT',
    defaultText: 'runs, beside the configuration',
  }),
  cache: option(text('a folder').optional(), {
    description: 'Keep hashes and decoded images in this folder for the next run',
    hint: 'DIR',
    variable: 'SIGHTLINE_IMAGE_CACHE',
  }),
  memory: option(wholeNumber(1).optional(), {
    description: 'MiB of decoded images per split in memory; more is read from --cache',
    hint: 'N',
    variable: 'SIGHTLINE_MEMORY',
    defaultText: '2048',
  }),
} satisfies Options;

/** One experiment of the configuration. */
export const experimentName = (defaultText: string) =>
  option(text('the name of an experiment').optional(), {
    description: 'Only this experiment of the configuration',
    hint: 'NAME',
    defaultText,
  });

/** The name of a backbone, or an ONNX file. */
export function backbone() {
  const expected = `one of ${BACKBONE_NAMES.join(', ')}, or a file that ends in .onnx`;
  return z.union([z.enum(BACKBONE_NAMES), z.templateLiteral([z.string(), '.onnx'])], expected);
}

/** `rotation=20,horizontalFlip`, or JSON. */
export function augmentation() {
  return z.string().transform((word, context) => {
    const parsed = parseAugmentation(word);
    if (typeof parsed !== 'string') return parsed;
    context.addIssue({ code: 'custom', message: parsed });
    return z.NEVER;
  });
}
