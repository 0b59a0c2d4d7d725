/**
 * The description of one option: what its value may be (a zod schema over the typed word), and what the usage page, the
 * environment and the documentation say about it. A schema's message is the value that it expects: `a whole number of
 * 1 or more`.
 */

import * as schema from '@sightline/core/schema';
import { z } from 'zod';
import { typed } from '../config/words.ts';

export interface Option<Value = unknown> {
  /** From the typed word (for a flag: true), or undefined, to the value. */
  readonly schema: z.ZodType<Value>;
  /** A sentence without its full stop, verb or noun first. */
  readonly description: string;
  /** The value's name on the usage page: `N`, `DIR`. A flag has none. */
  readonly hint?: string;
  /** The environment variable that stands in for the option. */
  readonly variable?: string;
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

const words = z.string();

/** Any text, a path among it. */
export const text = (expected: string) => words.min(1, expected);

const numeric = words.transform((word) => (word.trim() === '' ? Number.NaN : Number(word)));

/** `16`: an integer of at least `least`. */
export const wholeNumber = (least: number) => numeric.pipe(schema.wholeNumber(least));

/** `0.001`: a number over 0. */
export const positiveNumber = () => numeric.pipe(schema.number({ over: 0 }));

/** `0.5`: a number from 0 to 1. */
export const fraction = () => numeric.pipe(schema.number({ from: 0, to: 1 }));

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
  const expected = `a size in pixels such as 224, or 224x160 for height x width, each ${least} or more`;
  return words
    .transform((word) => {
      const [, height, width = height] = /^(\d+)(?:x(\d+))?$/.exec(word) ?? [];
      return [Number(height), Number(width)] as const;
    })
    .refine(([height, width]) => height >= least && width >= least, expected);
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
  const set = Object.entries(options).flatMap(([name, { variable }]) => {
    const value = values[name];
    return variable === undefined || value === undefined ? [] : [[variable, typed(value)] as const];
  });
  return Object.fromEntries(set);
}

/** A description inside a sentence. A name in capitals, or `MiB`, stays as it is. */
export const lowerFirst = (text: string): string =>
  /^[A-Z]([a-z]+)?[ ,]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
