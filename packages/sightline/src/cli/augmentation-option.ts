/** `--augment` in words, `rotation=20,horizontalFlip`, or as JSON. */

import { reasonOf } from '@sightline/core';
import type { AugmentationOptions } from '@sightline/data';

const EXPECTED =
  'augmentations such as rotation=20,horizontalFlip,zoom=0.2, or JSON such as {"rotation": 20}';

/**
 * Options by name, each with a number or a word, or alone for yes; or what was expected where the text is neither. The
 * names and values are checked by @sightline/data.
 */
export function parseAugmentation(text: string): AugmentationOptions | string {
  if (text.trim().startsWith('{')) {
    try {
      return JSON.parse(text) as AugmentationOptions;
    } catch (error) {
      return `${EXPECTED} (not JSON: ${reasonOf(error)})`;
    }
  }
  const entries = text.split(',').map((part) => part.split('=').map((word) => word.trim()));
  if (entries.some(([name]) => name === '')) return EXPECTED;
  return Object.fromEntries(entries.map(([name, value]) => [name, wordValue(value)])) as AugmentationOptions;
}

function wordValue(word: string | undefined): boolean | number | string {
  if (word === undefined || word === 'true') return true;
  if (word === 'false') return false;
  const number = Number(word);
  return word === '' || Number.isNaN(number) ? word : number;
}
