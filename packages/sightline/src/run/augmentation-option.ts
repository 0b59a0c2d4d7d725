/** `--augment` in words, `rotation=20,horizontalFlip`, or as JSON. */
import { SightlineError } from '@sightline/core';
import type { AugmentationOptions } from '@sightline/data';

const example = 'rotation=20,horizontalFlip,zoom=0.2, or JSON: \'{"rotation": 20}\'';

/** Options by name, each with a number or a word, or alone for yes. Their values are checked by @sightline/data. */
export function parseAugmentation(text: string): AugmentationOptions {
  if (text.trim().startsWith('{')) {
    try {
      return JSON.parse(text) as AugmentationOptions;
    } catch (error) {
      throw new SightlineError(
        'usage',
        `--augment is not JSON (${(error as Error).message}). For example: ${example}`,
      );
    }
  }
  const entries = text.split(',').map((part) => {
    const [name = '', value] = part.split('=').map((word) => word.trim());
    if (name === '')
      throw new SightlineError('usage', `--augment has an empty part in "${text}". For example: ${example}`);
    if (value === undefined || value === 'true') return [name, true];
    if (value === 'false') return [name, false];
    const number = Number(value);
    return [name, value === '' || Number.isNaN(number) ? value : number];
  });
  return Object.fromEntries(entries) as AugmentationOptions;
}
