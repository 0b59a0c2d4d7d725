/** Names of classes from a file: the files of VGG16's weights for 1,000 classes have none. */

import { SightlineError } from '@sightline/core';
import { readRegularFile } from '@sightline/core/files';

/**
 * The names in a text file with one a line, a JSON array of them, or Keras' `imagenet_class_index.json`
 * (`{ "0": ["n01440764", "tench"], … }`).
 *
 * @throws SightlineError where the file can't be read, or holds something else
 */
export async function readClassNames(path: string): Promise<string[]> {
  const text = readRegularFile(path, 'the class names').toString('utf8');
  const names = /^\s*[[{]/.test(text) ? fromJson(text) : text.trim().split(/\r?\n/);
  if (names?.every((name) => typeof name === 'string' && name.trim() !== '')) {
    return names.map((name) => name.trim());
  }
  throw new SightlineError(
    'data',
    `${path} must hold class names, one a line, as a JSON array, or as Keras' imagenet_class_index.json.`,
  );
}

function fromJson(text: string): string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (Array.isArray(value)) return value;
  // An index has each class's number, with its WordNet id and its name.
  const index = value as Record<string, [wnid: string, name: string]>;
  const names = Object.keys(index).map((_, i) => index[i]?.[1]);
  return names.includes(undefined) ? undefined : (names as string[]);
}
