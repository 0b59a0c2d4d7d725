// What is wrong with a field of a configuration, in words for the person who wrote it: what is allowed there, and what
// came. A schema's own messages speak of tuples and discriminators.

import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const kinds: Record<string, string> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object { … }',
  record: 'an object { … }',
};

/** `expected a whole number over 0, but got "10".`; `schema` is that of the whole `value`. */
export function complaint(issue: Issue, schema: z.ZodType, value: unknown): string {
  const got = valueAt(issue.path, value);
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys.map((key) => `"${key}"`).join(', ');
    const known = fieldsAt(schema, issue.path, value).join(', ');
    return `there is no ${unknown} here. Expected some of ${known}.`;
  }
  return `expected ${expected(issue, nodeAt(schema, issue.path, value))}, but got ${show(got)}.`;
}

const valueAt = (path: readonly PropertyKey[], value: unknown): unknown =>
  path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown>)?.[key], value);

function expected(issue: Issue, node: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'tuple' ? '[height, width], two whole numbers over 0' : kindOf(issue, node);
    case 'too_small':
      return `a number ${issue.inclusive ? 'of' : 'over'} ${issue.minimum}${issue.inclusive ? ' or more' : ''}`;
    case 'too_big':
      return `a number ${issue.inclusive ? 'of' : 'under'} ${issue.maximum}${issue.inclusive ? ' or less' : ''}`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union': {
      const names = discriminators(node);
      if (names.length > 0) return oneOf(names);
      return issue.message === 'Invalid input' ? alternatives(node) : issue.message.replace(/^expected /, '');
    }
    default:
      return issue.message;
  }
}

function kindOf(issue: Issue & { code: 'invalid_type' }, node: unknown): string {
  const names = discriminators(node);
  const example = names.length > 0 ? `, such as { name: '${names[0]}', … }` : '';
  return `${kinds[issue.expected] ?? issue.expected}${example}`;
}

const oneOf = (values: readonly unknown[]): string => {
  const words = values.map((value) => JSON.stringify(value));
  return words.length === 1 ? words[0]! : `one of ${words.join(', ')}`;
};

const show = (value: unknown): string =>
  value === undefined ? 'nothing' : typeof value === 'function' ? 'a function' : JSON.stringify(value);

/** What is read here of a zod schema. */
interface Definition {
  type: string;
  innerType?: Node;
  shape?: Record<string, Node>;
  options?: readonly Node[];
  discriminator?: string;
  values?: readonly unknown[];
  element?: Node;
}
interface Node {
  _zod: { def: Definition };
}

function bare(node: Node | undefined): Definition | undefined {
  let def = node?._zod.def;
  while (def?.innerType) def = def.innerType._zod.def;
  return def;
}

/** The names that tell the forms of a union apart. */
function discriminators(node: unknown): unknown[] {
  const def = bare(node as Node | undefined);
  if (!def?.discriminator) return [];
  return (def.options ?? []).flatMap(
    (option) => bare(bare(option)?.shape?.[def.discriminator!])?.values ?? [],
  );
}

function alternatives(node: unknown): string {
  const words = (bare(node as Node | undefined)?.options ?? []).map((option) => {
    const def = bare(option)!;
    if (def.values) return def.values.map((value) => JSON.stringify(value)).join(' or ');
    if (def.type === 'array')
      return `a list of ${(kinds[bare(def.element)?.type ?? ''] ?? 'values').replace(/^a /, '')}s`;
    return kinds[def.type] ?? def.type;
  });
  return words.join(' or ');
}

/** The schema of a field. A discriminator's own issue stands at it, the union one above. */
function nodeAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): Node | undefined {
  let node = schema as unknown as Node | undefined;
  let at = value;
  for (const [i, key] of path.entries()) {
    const def = bare(node);
    if (def?.discriminator === key && i === path.length - 1 && !formOf(def, at)) return node;
    node = (def?.discriminator ? formOf(def, at) : def)?.shape?.[String(key)];
    at = (at as Record<PropertyKey, unknown> | undefined)?.[key];
  }
  return node;
}

/** The form of a discriminated union that a value names. */
function formOf(def: Definition, value: unknown): Definition | undefined {
  const name = (value as Record<string, unknown> | undefined)?.[def.discriminator!];
  return (def.options ?? [])
    .map((option) => bare(option)!)
    .find((form) => bare(form.shape?.[def.discriminator!])?.values?.includes(name));
}

function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  const at = valueAt(path, value);
  const def = bare(nodeAt(schema, path, value));
  return Object.keys((def?.discriminator ? formOf(def, at) : def)?.shape ?? {});
}
