/**
 * The description of one option: what its value may be (a zod schema over the typed word), and what the usage page, the
 * environment and the documentation say about it. A schema's message is the value that it expects: `a whole number of
 * 1 or more`.
 */

import * as schema from '@sightline/core/schema';
import { LONGEST_SIDE } from '@sightline/image';
import { z } from 'zod';
import { typed } from '../config/words.ts';

export interface Option<Value = unknown> {
  /** From the typed word (for a flag: true; where it is repeatable: a list of words), or undefined, to the value. */
  readonly schema: z.ZodType<Value>;
  /** A sentence without its full stop, verb or noun first. */
  readonly description: string;
  /** The value's name on the usage page: `N`, `DIR`. A flag has none. */
  readonly hint?: string;
  /** The environment variable that stands in for the option. */
  readonly variable?: string;
  /** Whether it may be given several times, a value each time. Its variable has one value per line. */
  readonly isRepeatable?: boolean;
  /** Earlier names, still accepted. */
  readonly aliases?: readonly string[];
  /** What the usage page says where the default is not the schema's own. */
  readonly defaultText?: string;
}

/** By name in camel case: `batchSize` is typed as `--batch-size`. */
export type Options = Readonly<Record<string, Option>>;

/** The values of a table of options. */
export type Values<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends Option<infer Value> ? Value : never;
};

/** An option from a schema and what there is to say about it. */
export function option<S extends z.ZodType>(value: S, about: Omit<Option, 'schema'>): Option<z.output<S>> {
  return { schema: value as z.ZodType<z.output<S>>, ...about };
}

/** An option without a value. */
export const flag = (description: string): Option<boolean> =>
  option(z.boolean().default(false), { description });

/** The same, undefined where it is not given; its variable says `true` or `false`. */
export const switchOf = (about: Omit<Option, 'schema' | 'hint'>): Option<boolean | undefined> =>
  option(
    z.preprocess(
      (word) => (word === 'true' ? true : word === 'false' ? false : word),
      z.boolean('true or false').optional(),
    ),
    about,
  );

const words = z.string();

/** Any text, a path among it. */
export const text = (expected: string) => words.min(1, expected);

const numeric = words.transform((word) => (word.trim() === '' ? Number.NaN : Number(word)));

/** `16`: an integer of at least `least`. */
export const wholeNumber = (least: number) => numeric.pipe(schema.wholeNumber(least));

/** `0.001`: a number over 0. */
export const positiveNumber = () => numeric.pipe(schema.number({ over: 0 }));

/** `0.5`: a number, by default from 0 to 1. */
export const fraction = (bounds: Parameters<typeof schema.number>[0] = { from: 0, to: 1 }) =>
  numeric.pipe(schema.number(bounds));

/** One of some words. `others` are words of before, each with the one that it stands for now. */
export function choice<const Word extends string>(
  known: readonly Word[],
  others: Readonly<Record<string, Word>> = {},
) {
  return words
    .transform((word): string => others[word] ?? word)
    .pipe(z.enum(known as readonly [Word, ...Word[]], `one of ${known.join(', ')}`));
}

/** `a,b,c`: names, each once. */
export const names = () =>
  words
    .transform((word) => word.split(',').map((name) => name.trim()))
    .refine(
      (list) => list.every((name) => name !== '') && new Set(list).size === list.length,
      'names with commas between them',
    );

/** `224`, or `224x160`: height and width in pixels. */
export function size(least = 1) {
  const expected = `a size in pixels such as 224, or 224x160 for height x width, each from ${least} to ${LONGEST_SIDE}`;
  return words
    .transform((word) => {
      const [, height, width = height] = /^(\d+)(?:x(\d+))?$/.exec(word) ?? [];
      return [Number(height), Number(width)] as const;
    })
    .refine((sides) => sides.every((side) => side >= least && side <= LONGEST_SIDE), expected);
}

/** What the usage page says of an option's default: `Default: 15.`, or nothing. */
export function defaultOf({ schema: value, hint, defaultText }: Option): string {
  if (defaultText !== undefined) return defaultText;
  const standard = hint === undefined ? undefined : value.safeParse(undefined).data;
  return standard === undefined ? '' : typed(standard);
}

/** The environment variables of a table of options, sorted. */
export const variablesOf = (options: Options): string[] =>
  Object.values(options)
    .flatMap(({ variable }) => variable ?? [])
    .sort();

/** Values of options as their environment variables: what `parse` reads back. Values that are not set are left out. */
export function variableValues(
  options: Options,
  values: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const set = Object.entries(options).flatMap(([name, { variable, isRepeatable }]) => {
    const value = values[name];
    if (variable === undefined || value === undefined) return [];
    return [[variable, isRepeatable ? (value as string[]).join('\n') : typed(value)] as const];
  });
  return Object.fromEntries(set);
}

/** A description inside a sentence. A name in capitals, or `MiB`, stays as it is. */
export const lowerFirst = (text: string): string =>
  /^[A-Z]([a-z]+)?[ ,]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
