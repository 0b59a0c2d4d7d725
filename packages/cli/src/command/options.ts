/**
 * Options that several commands share, and reading their values: citty gives strings, commands want numbers in a
 * range or one of some words.
 */
import { CliError } from '../error.ts';

export const sharedOptions = {
  json: { type: 'boolean', description: 'The result as JSON, for programs' },
  debug: { type: 'boolean', description: 'Show the stack trace of an error' },
} as const;

/** A whole number of at least `least`, or undefined where the option was not given. */
export function wholeNumber(name: string, value: string | undefined, least: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number;
  throw new CliError('usage', `--${name} takes a whole number of ${least} or more; "${value}" was given.`);
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
  throw new CliError('usage', `--${name} takes one of ${words.join(', ')}; "${value}" was given.`);
}

/** The positional arguments of a command, of which it wants at least one. */
export function required(values: readonly string[], what: string, example: string): [string, ...string[]] {
  const [first, ...others] = values;
  if (first === undefined) throw new CliError('usage', `Expected ${what}. For example: ${example}`);
  return [first, ...others];
}
