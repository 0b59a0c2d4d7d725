/** The fields of an experiment as plain data: what options, environment variables and documentation are made from. */

import { z } from 'zod';
import { experimentSchema } from './experiment.ts';

export interface ExperimentField {
  /** Where it stands: `epochs`, `optimizer.learningRate`. */
  readonly name: string;
  /** A sentence, verb or noun first. */
  readonly description: string;
  readonly type: 'number' | 'integer' | 'boolean' | 'string' | 'list' | 'object';
  /** The words that it may be, where these are all (or, with a type other than string, some) of its values. */
  readonly choices?: readonly string[];
  /** The value that it has if it is left out; absent where it must be given or where `defaultText` tells. */
  readonly default?: unknown;
  /** The default in words, where it depends on other fields. */
  readonly defaultText?: string;
  /** For a field of one of several variants: the values of `name` beside it with which it exists. */
  readonly variants?: readonly string[];
}

/** What is read here of a JSON schema. */
interface Node {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly defaultText?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

/** All fields in the order of the schema, each before the fields inside it. */
export function experimentFields(): ExperimentField[] {
  const root = z.toJSONSchema(experimentSchema, { io: 'input', unrepresentable: 'any' }) as Node;
  return fieldsOf(root, '');
}

function fieldsOf({ properties = {} }: Node, prefix: string): ExperimentField[] {
  return Object.entries(properties).flatMap(([key, node]) => {
    const name = `${prefix}${key}`;
    const forms = (node.oneOf ?? node.anyOf ?? [node]).flatMap((form) => form.oneOf ?? form.anyOf ?? [form]);
    const groups = forms.filter(({ properties }) => properties);
    const inner =
      groups.length > 1
        ? variantsOf(groups, `${name}.`)
        : groups.flatMap((group) => fieldsOf(group, `${name}.`));
    return [fieldOf(name, node, forms), ...inner];
  });
}

function fieldOf(name: string, node: Node, forms: readonly Node[]): ExperimentField {
  const choices = forms.flatMap((form) => form.enum ?? (form.const === undefined ? [] : [form.const]));
  const types = forms.flatMap(({ type = [] }) => type).filter((type) => type !== 'null');
  const type = types.includes('object')
    ? 'object'
    : types.includes('array')
      ? 'list'
      : (types[0] ?? 'object');
  return {
    name,
    description: node.description ?? '',
    type: type as ExperimentField['type'],
    ...(choices.length > 0 ? { choices } : {}),
    ...('default' in node ? { default: node.default } : {}),
    ...(node.defaultText === undefined ? {} : { defaultText: node.defaultText }),
  };
}

/** The fields of several groups, those of the same name and default once. */
function variantsOf(groups: readonly Node[], prefix: string): ExperimentField[] {
  const merged = new Map<string, ExperimentField>();
  for (const group of groups) {
    const variant = group.properties?.name?.const ?? '';
    for (const field of fieldsOf(group, prefix)) {
      const { choices, variants: _, ...rest } = field;
      const isName = field.name === `${prefix}name`;
      const key = isName ? field.name : JSON.stringify(rest);
      const known = merged.get(key);
      merged.set(key, {
        ...rest,
        ...(isName ? { choices: [...(known?.choices ?? []), variant] } : choices ? { choices } : {}),
        ...(isName ? {} : { variants: [...(known?.variants ?? []), variant] }),
      });
    }
  }
  return [...merged.values()];
}
