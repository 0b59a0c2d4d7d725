/** The command line that a run records, so that it can be made again. */

import { relative, resolve } from 'node:path';
import { quoted } from '@sightline/core';
import type { LoadedConfig } from './load-config.ts';
import { dashed, typed } from './words.ts';

const PATHS = ['data', 'out', 'cache'];

/** From sources, `sightline` is a script of the repository, which runs in the folder that npm was called in. */
const isFromSources = import.meta.url.endsWith('.ts');
const folder = isFromSources ? resolve(import.meta.dirname, '../../../..') : process.cwd();

/** How the command is typed here. */
export const PROGRAM = isFromSources ? 'npm run sightline --' : 'sightline';

/** A command line of these words, quoted for a shell. */
export const commandOf = (...words: readonly string[]): string => [PROGRAM, ...words.map(quoted)].join(' ');

/** `sightline train photos --experiment baseline --seed 1`, quoted for a shell. */
export function commandLine(
  config: LoadedConfig,
  name: string,
  overrides: Readonly<Record<string, unknown>>,
): string {
  const source = config.images ?? config.path;
  const words = ['train', ...(source ? [shortPath(source)] : []), '--experiment', name];
  for (const [option, value] of Object.entries(overrides)) {
    if (value === undefined || value === false || (option === 'data' && config.images !== undefined))
      continue;
    if (value === true) {
      words.push(dashed(option));
      continue;
    }
    words.push(dashed(option), PATHS.includes(option) ? shortPath(String(value)) : typed(value));
  }
  return commandOf(...words);
}

/** A path as seen from where the command is typed, absolute where it lies outside. */
function shortPath(path: string): string {
  const from = relative(folder, resolve(path));
  return from.startsWith('..') ? resolve(path) : from || '.';
}
