/** Words of a command line to values, by the description of its options. The first mistake is one sentence. */

import { parseArgs } from 'node:util';
import { nearest, SightlineError } from '@sightline/core';
import { dashed } from '../config/words.ts';
import { lowerFirst, type Option, type Options, type Values } from './option.ts';

export interface Parsed<O extends Options> {
  readonly values: Values<O>;
  readonly positionals: readonly string[];
}

/**
 * The values of `options` in `args`, then in the environment `env`, then their defaults. An empty variable counts as none.
 *
 * @param command for the sentences: `sightline train`
 * @throws SightlineError `usage` for an unknown option, a missing value, and a value that the schema refuses
 */
export function parse<O extends Options>(
  command: string,
  options: O,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Parsed<O> {
  const names = typedNames(options);
  const { typed, positionals } = collect(command, options, names, args);
  const values = Object.entries(options).map(([name, option]) => {
    return [name, optionValue(command, name, option, typed, env)];
  });
  return { values: Object.fromEntries(values) as Values<O>, positionals };
}

/** From how an option is typed, without dashes, to its name: earlier names lead to it too. */
function typedNames(options: Options): Map<string, string> {
  return new Map(
    Object.entries(options).flatMap(([name, { aliases = [] }]) =>
      [dashed(name).slice(2), ...aliases].map((word) => [word, name] as const),
    ),
  );
}

type Typed = Map<string, { readonly word: string | true | readonly string[]; readonly rawName: string }>;

function collect(command: string, options: Options, names: Map<string, string>, args: readonly string[]) {
  const kinds = Object.fromEntries(
    [...names].map(([word, name]) => [word, { type: options[name]?.hint ? 'string' : 'boolean' } as const]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options: kinds,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const typed: Typed = new Map();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { rawName, value } = token;
    const name = names.get(token.name);
    if (name === undefined || !rawName.startsWith('--')) throw unknownOption(command, rawName, names);
    if (options[name]?.hint === undefined) {
      if (value !== undefined) throw usage(`${rawName} takes no value; "${value}" was given.`);
      typed.set(name, { word: true, rawName });
    } else {
      // What looks like another option is no value, unless it is joined to its name by "=".
      const isMissing = value === undefined || (!token.inlineValue && value.startsWith('--'));
      if (isMissing) throw usage(`${rawName} needs a value after it.`);
      const earlier = options[name].isRepeatable ? ((typed.get(name)?.word as string[]) ?? []) : undefined;
      typed.set(name, { word: earlier ? [...earlier, value] : value, rawName });
    }
  }
  return { typed, positionals };
}

function unknownOption(command: string, rawName: string, names: Map<string, string>): SightlineError {
  const close = nearest(rawName.replace(/^-+/, ''), [...names.keys()]);
  const hint = close ? `Did you mean --${close}?` : `See ${command} --help for the options that it has.`;
  return usage(`${command} has no option ${rawName}. ${hint}`);
}

function optionValue(
  command: string,
  name: string,
  { schema, variable, hint, description, isRepeatable }: Option,
  typed: Typed,
  env: NodeJS.ProcessEnv,
): unknown {
  const given = typed.get(name);
  const fromEnvironment = (variable && env[variable]) || undefined;
  const word = given?.word ?? (isRepeatable ? fromEnvironment?.split('\n') : fromEnvironment);
  const result = schema.safeParse(word);
  if (result.success) return result.data;
  if (word === undefined) {
    throw usage(
      `${command} needs ${dashed(name)} ${hint}: ${lowerFirst(description)}. See ${command} --help.`,
    );
  }
  const where = given?.rawName ?? (fromEnvironment === undefined ? dashed(name) : variable);
  throw usage(`${where} takes ${result.error.issues[0]?.message}; "${word}" was given.`);
}

const usage = (message: string) => new SightlineError('usage', message);
