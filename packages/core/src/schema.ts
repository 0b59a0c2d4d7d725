/**
 * Schemas of options and configurations. Each message names the value that is expected ("a number over 0"), and `parse`
 * makes the sentence around it: where, what was expected, what came.
 */
import { z } from 'zod';
import { SightlineError } from './error.ts';
import { nearest } from './words.ts';

interface Bounds {
  /** Lower bound, excluded. */
  readonly over?: number;
  /** Lower bound, included. */
  readonly from?: number;
  /** Upper bound, excluded. */
  readonly below?: number;
  /** Upper bound, included. */
  readonly to?: number;
}

/** A number within bounds. */
export function number({ over, from, below, to }: Bounds = {}) {
  const lower = over !== undefined ? `over ${over}` : from !== undefined ? `of ${from} or more` : '';
  const upper = below !== undefined ? `below ${below}` : to !== undefined ? `of at most ${to}` : '';
  const bounds =
    from !== undefined && to !== undefined
      ? `from ${from} to ${to}`
      : [lower, upper].filter(Boolean).join(' and ');
  const expected = ['a number', bounds].filter(Boolean).join(' ');
  return z
    .number(expected)
    .gt(over ?? Number.NEGATIVE_INFINITY, expected)
    .gte(from ?? Number.NEGATIVE_INFINITY, expected)
    .lt(below ?? Number.POSITIVE_INFINITY, expected)
    .lte(to ?? Number.POSITIVE_INFINITY, expected);
}

/** A whole number of at least `least`. */
export function wholeNumber(least: number) {
  const expected = `a whole number of ${least} or more`;
  return z.int(expected).min(least, expected);
}

export const flag = () => z.boolean('true or false');

/** One of some words. */
export const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, `one of ${words.join(', ')}`);

/** An object with some of these fields and no others. */
export const group = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : 'an object { … }',
  });

/** One of several groups of fields, told apart by their `name`. */
export function variants<const Groups extends readonly [NamedGroup, ...NamedGroup[]]>(groups: Groups) {
  const names = groups.flatMap(({ shape }) => [...shape.name.values]);
  return z.discriminatedUnion('name', groups, {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? `one of ${names.join(', ')}`
        : `an object such as { name: '${names[0]}' }`,
  });
}

type NamedGroup = z.ZodObject<{ name: z.ZodLiteral<string> } & z.ZodRawShape>;

/**
 * A value as its schema gives it, with defaults filled in. Throws SightlineError `config` with the first field that is
 * wrong: "sightline.config.ts: optimizer.learningRate: expected a number over 0, but got -1."
 * @param where what the value is, which begins the message
 */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const field = issue.path.join('.');
  throw new SightlineError('config', `${where}${field ? `: ${field}` : ''}: ${issueText(issue, value)}`);
}

function issueText(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const [unknown] = issue.keys as [string];
    const close = nearest(unknown, issue.message.split(', '));
    const remedy = close ? `Did you mean "${close}"?` : `Expected some of ${issue.message}.`;
    return `there is no "${unknown}" here. ${remedy}`;
  }
  const came = issue.path.reduce<unknown>(
    (node, key) => (node as Record<PropertyKey, unknown>)?.[key],
    value,
  );
  return `expected ${issue.message}, but got ${came === undefined ? 'nothing' : typeof came === 'function' ? 'a function' : JSON.stringify(came)}.`;
}
