/**
 * Options that several commands share, and reading their values: citty gives strings, commands want numbers in a
 * range or one of some words.
 */
import { SightlineError } from '@sightline/core';
import type { Told } from '../run/network-description.ts';

export const sharedOptions = {
  json: { type: 'boolean', description: 'The result as JSON, for programs' },
  debug: { type: 'boolean', description: 'Show the stack trace of an error' },
} as const;

/** Where experiments are written, and the images that they are about. */
export const experimentOptions = {
  config: { type: 'positional', required: false, description: 'A sightline.config.ts, or its folder' },
  data: { type: 'string', description: 'The folder of images', valueHint: 'DIR' },
} as const;

/** What a network from elsewhere doesn't say of itself. */
export const networkOptions = {
  classes: {
    type: 'string',
    description: 'Of a network from elsewhere: its classes in the order of its outputs',
    valueHint: 'A,B,...',
  },
  levels: {
    type: 'string',
    description: 'Of a network from elsewhere: takes levels of 0 to 1 (unit) or 0 to 255 (byte)',
    valueHint: 'L',
  },
} as const;

/** Not from @sightline/models, which takes most of a second to load. */
const LEVELS: readonly NonNullable<Told['levels']>[] = ['unit', 'byte'];

/** The values of `networkOptions`. */
export function toldOf(args: { classes?: string | undefined; levels?: string | undefined }): Told {
  const levels = oneOf('levels', args.levels, LEVELS);
  const classes = args.classes?.split(',').map((name) => name.trim());
  if (classes && (classes.some((name) => name === '') || new Set(classes).size < classes.length)) {
    throw new SightlineError(
      'usage',
      `--classes takes names with commas between them; "${args.classes}" was given.`,
    );
  }
  return { ...(classes ? { classes } : {}), ...(levels ? { levels } : {}) };
}

/** A whole number of at least `least`, or undefined where the option was not given. */
export function wholeNumber(name: string, value: string | undefined, least: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number;
  throw new SightlineError(
    'usage',
    `--${name} takes a whole number of ${least} or more; "${value}" was given.`,
  );
}

/** One of `words`, or undefined where the option was not given. */
export function oneOf<Word extends string>(
  name: string,
  value: string | undefined,
  words: readonly Word[],
): Word | undefined {
  if (value === undefined) return undefined;
  const word = words.find((known) => known === value);
  if (word) return word;
  throw new SightlineError('usage', `--${name} takes one of ${words.join(', ')}; "${value}" was given.`);
}

/** The positional arguments of a command, of which it wants at least one. */
export function required(values: readonly string[], what: string, example: string): [string, ...string[]] {
  const [first, ...others] = values;
  if (first === undefined) throw new SightlineError('usage', `Expected ${what}. For example: ${example}`);
  return [first, ...others];
}
