/** Finding, loading and checking a configuration file. Its experiments are checked when they are run. */

import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SightlineError } from '@sightline/core';
import { z } from 'zod';
import type { Config, Experiment } from './definition.ts';

const fileName = 'sightline.config.ts';

export interface LoadedConfig extends Config {
  /** Absolute path of the file; undefined where the built-in configuration is used. */
  readonly path?: string;
  /** What the configuration's paths are relative to. */
  readonly folder: string;
}

/** What a folder of images is trained on where there is no configuration: one small network. */
const builtIn: Config = {
  experiments: {
    baseline: {
      network: 'baseline',
      epochs: 15,
      batchSize: 128,
      optimizer: { name: 'adam', learningRate: 0.001 },
    },
  },
};

const configSchema = z.strictObject({
  data: z.string().optional(),
  classes: z.array(z.string()).min(2).optional(),
  seed: z.number().int().optional(),
  experiments: z
    .record(
      z.string(),
      z.custom<Experiment>((value) => typeof value === 'object' && value !== null),
    )
    .refine((experiments) => Object.keys(experiments).length > 0, 'expected at least one experiment')
    .refine(
      (experiments) => Object.keys(experiments).every((name) => /^\w[\w.-]*$/.test(name)),
      'an experiment is named by letters, digits, "-", "_" and "."',
    ),
});

/**
 * The configuration in `path` (a file, or a folder with a `sightline.config.ts`); where none is named, that of the
 * working folder, or the built-in one.
 *
 * @throws SightlineError `missing`, or `config` with the first field that is wrong
 */
export async function loadConfig(path: string | undefined): Promise<LoadedConfig> {
  const named = path === undefined ? undefined : resolve(path);
  if (named !== undefined && !existsSync(named)) {
    throw new SightlineError(
      'missing',
      `There is no configuration ${path}: expected a file such as ${fileName}.`,
    );
  }
  const inFolder = resolve(named ?? '.', fileName);
  const file = existsSync(inFolder) ? inFolder : named;
  if (file === undefined) return { ...builtIn, folder: resolve('.') };
  const loaded = await importConfig(file);
  const result = configSchema.safeParse(loaded);
  if (!result.success) {
    const issue = result.error.issues[0];
    const where = issue?.path.join('.') || 'the default export';
    throw new SightlineError(
      'config',
      `${file}: ${where}: ${issue?.message}. See defineConfig of sightline.`,
    );
  }
  return { ...(loaded as Config), path: file, folder: dirname(file) };
}

async function importConfig(file: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
    return module.default;
  } catch (cause) {
    const reason = (cause as Error).message.split('\n')[0];
    throw new SightlineError('config', `The configuration ${file} can't be loaded: ${reason}`, { cause });
  }
}
