/** Finding, loading and checking a configuration. Its experiments are checked when they are trained. */

import { existsSync, statSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reasonOf, SightlineError } from '@sightline/core';
import { builtIn, type Config, configSchema, DEFAULT_EXPERIMENT } from './config.ts';

/** Names of a configuration in its folder, the first of them found. */
export const CONFIG_NAMES = ['sightline.config.ts', 'sightline.config.mjs', 'sightline.config.js'] as const;
const CONFIG_ENDINGS = ['.ts', '.mts', '.js', '.mjs'];

export interface LoadedConfig extends Config {
  /** Absolute path of the file; undefined for the built-in configuration and for one that is passed as a value. */
  readonly path?: string;
  /** What the configuration's paths are relative to. */
  readonly folder: string;
  /** Images that were named in the place of a configuration, absolute. */
  readonly images?: string;
  /** What is trained where nothing is named. Default: all experiments, as a user's configuration has them. */
  readonly defaultExperiment?: string;
}

/**
 * The configuration that `source` stands for:
 * - a configuration file, or a folder with one;
 * - images (a folder, a .zip, a .csv or .jsonl table): the configuration of the working folder, or the built-in one;
 * - nothing: the same, with the images that it names;
 * - a configuration as a value.
 *
 * @throws SightlineError `missing`, or `config` with the first field that is wrong
 */
export async function loadConfig(source: string | Config | undefined): Promise<LoadedConfig> {
  if (typeof source === 'object') return { ...checked(source, 'The configuration'), folder: resolve('.') };
  const named = source === undefined ? undefined : resolve(source);
  if (named !== undefined && !existsSync(named)) {
    throw new SightlineError(
      'missing',
      `There is no ${source}: expected a folder of images, or a configuration such as ${CONFIG_NAMES[0]}.`,
    );
  }
  const file = named && (statSync(named).isDirectory() ? configIn(named) : configFile(named));
  if (file) return loadFile(file);
  const here = configIn(resolve('.'));
  const config = here
    ? await loadFile(here)
    : { ...builtIn, defaultExperiment: DEFAULT_EXPERIMENT, folder: resolve('.') };
  return named === undefined ? config : { ...config, images: named };
}

const configFile = (path: string) => (CONFIG_ENDINGS.includes(extname(path)) ? path : undefined);

const configIn = (folder: string) => CONFIG_NAMES.map((name) => join(folder, name)).find(existsSync);

async function loadFile(file: string): Promise<LoadedConfig> {
  hookLoading();
  const { href } = pathToFileURL(file);
  configured.add(href);
  let loaded: unknown;
  try {
    loaded = ((await import(href)) as { default?: unknown }).default;
  } catch (cause) {
    const hint =
      (cause as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? ' Node 22.18 or later reads TypeScript; with an older one, call it sightline.config.mjs.'
        : '';
    throw new SightlineError(
      'config',
      `Could not load the configuration ${file}: ${reasonOf(cause)}.${hint}`,
      {
        cause,
      },
    );
  }
  return { ...checked(loaded, file), path: file, folder: dirname(file) };
}

function checked(value: unknown, where: string): Config {
  const result = configSchema.safeParse(value);
  if (result.success) return value as Config;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') || 'the default export';
  throw new SightlineError('config', `${where}: ${field}: ${issue?.message}. See defineConfig of sightline.`);
}

/** Packages that a configuration may import although its folder has not installed them. */
const OWN = /^(sightline|@sightline\/[\w-]+|@tensorflow\/tfjs-(core|layers))(\/|$)/;
/** The addresses of configurations, and of the files of their own that they import. */
const configured = new Set<string>();
let isHooked = false;

/**
 * Lets a configuration in any folder import the running `sightline`, and the packages behind it: they are looked for
 * from here, where the folder itself does not have them. Its TypeScript is a module whatever the package.json above it
 * says: that of `npm init` says `"type": "commonjs"`, or nothing, of which Node warns.
 */
function hookLoading(): void {
  // Node 22.15 brought hooks on the same thread; before, a configuration needs the package in its own folder.
  if (isHooked || typeof registerHooks !== 'function') return;
  isHooked = true;
  registerHooks({
    resolve(specifier, context, next) {
      try {
        const found = next(specifier, context);
        if (/^\.\.?\//.test(specifier) && configured.has(context.parentURL ?? '')) configured.add(found.url);
        return found;
      } catch (error) {
        if (!OWN.test(specifier)) throw error;
        return next(specifier, { ...context, parentURL: import.meta.url });
      }
    },
    load(url, context, next) {
      const isModule = configured.has(url) && url.endsWith('.ts');
      return next(url, isModule ? { ...context, format: 'module-typescript' } : context);
    },
  });
}
