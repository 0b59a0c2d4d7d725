// The order of classes: what gives each its label. Given by the caller, else by `classes.json` in the root (an
// array of names), else alphabetical by code point, which no locale changes.

import { reasonOf, SightlineError } from '@sightline/core';
import { z } from 'zod';
import { byCodeUnit, type FileTree } from '../files/file-tree.ts';

const CLASSES_FILE = 'classes.json';

/**
 * Puts the found classes in order. Throws SightlineError `classes` where a given order does not fit them
 * (`details.unknown` are those that it lacks);
 * `allowMissing` lets it name classes that were not found.
 */
export function orderClasses(
  root: string,
  found: readonly string[],
  given: readonly string[] | undefined,
  allowMissing = false,
): string[] {
  if (given === undefined) return [...found].sort(byCodeUnit);
  const missing = allowMissing ? [] : given.filter((name) => !found.includes(name));
  const extra = found.filter((name) => !given.includes(name));
  if (new Set(given).size !== given.length || missing.length > 0 || extra.length > 0) {
    throw new SightlineError(
      'classes',
      `The classes in ${root} are ${list([...found].sort(byCodeUnit))}, but the order given is ${list(given)}. ` +
        'Name each class once.',
      { details: { unknown: extra } },
    );
  }
  return [...given];
}

const list = (names: readonly string[]) => `[${names.map((name) => JSON.stringify(name)).join(', ')}]`;

/** Reads `classes.json` where the tree has one. Throws SightlineError `classes` if it is not an array of names. */
export async function readClassesFile(
  tree: FileTree,
  paths: readonly string[],
): Promise<string[] | undefined> {
  if (!paths.includes(CLASSES_FILE)) return undefined;
  try {
    return z.array(z.string()).parse(JSON.parse(new TextDecoder().decode(await tree.read(CLASSES_FILE))));
  } catch (error) {
    const why = error instanceof z.ZodError ? 'it holds something else' : reasonOf(error);
    throw new SightlineError(
      'classes',
      `${CLASSES_FILE} in ${tree.root} must be a JSON array of class names (${why}).`,
    );
  }
}
