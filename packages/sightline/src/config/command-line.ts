/** The command line that a run records, so that it can be made again. */

import { relative, resolve } from 'node:path';
import { quoted } from '@sightline/core';
import type { LoadedConfig } from './load-config.ts';
import { dashed, typed } from './words.ts';

const PATHS = ['data', 'out', 'cache'];

/** From sources, `sightline` is a script of the repository, which runs in the folder that npm was called in. */
const isFromSources = import.meta.url.endsWith('.ts');
const folder = isFromSources ? resolve(import.meta.dirname, '../../../..') : process.cwd();

/** How the command is typed: `npx`, which names itself, finds it in the folder's packages, where no shell does. */
export const programOf = (fromSources: boolean, { npm_command }: NodeJS.ProcessEnv): string => {
  if (fromSources) return 'npm run sightline --';
  return npm_command === 'exec' ? 'npx sightline' : 'sightline';
};
export const PROGRAM = programOf(isFromSources, process.env);

/** A command line of these words, quoted for a shell. */
export const commandOf = (...words: readonly string[]): string => [PROGRAM, ...words.map(quoted)].join(' ');

/** `sightline train photos --experiment baseline --seed 1`, quoted for a shell. */
export function commandLine(
  config: LoadedConfig,
  name: string,
  overrides: Readonly<Record<string, unknown>>,
): string {
  const source = config.images ?? config.path;
  const { data, ...others } = overrides;
  const given = config.images === undefined ? { data, ...others } : others;
  return commandOf(
    'train',
    ...(source ? [shortPath(source)] : []),
    '--experiment',
    name,
    ...optionWords(given),
  );
}

/** Options as they are typed: `--batch-size 16 --ignore-class cat --ignore-class dog`. What is not set is left out. */
export function optionWords(values: object): string[] {
  return Object.entries(values).flatMap(([option, value]: [string, unknown]) => {
    if (value === undefined || value === false) return [];
    if (value === true) return [dashed(option)];
    if (isList(value)) return value.flatMap((each) => [dashed(option), each]);
    return [dashed(option), PATHS.includes(option) ? shortPath(String(value)) : typed(value)];
  });
}

/** The values of an option that is given once for each. */
const isList = (value: unknown): value is string[] => Array.isArray(value) && typeof value[0] === 'string';

/** A path as seen from where the command is typed, absolute where it lies outside. */
function shortPath(path: string): string {
  const from = relative(folder, resolve(path));
  return from.startsWith('..') ? resolve(path) : from || '.';
}
