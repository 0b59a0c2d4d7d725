/** `--augment` in words: `rotation=20,horizontalFlip` or JSON, and back: what was drawn for an image. */
import type { AugmentationOptions } from '@sightline/data';
import { CliError } from '../error.ts';

const example = 'rotation=20,horizontalFlip,zoom=0.2, or JSON: \'{"rotation": 20}\'';

/** Options by name, each with a number or a word, or alone for yes. Their values are checked by @sightline/data. */
export function parseAugmentation(text: string): AugmentationOptions {
  if (text.trim().startsWith('{')) {
    try {
      return JSON.parse(text) as AugmentationOptions;
    } catch (error) {
      throw new CliError(
        'usage',
        `--augment is not JSON (${(error as Error).message}). For example: ${example}`,
      );
    }
  }
  const entries = text.split(',').map((part) => {
    const [name = '', value] = part.split('=').map((word) => word.trim());
    if (name === '')
      throw new CliError('usage', `--augment has an empty part in "${text}". For example: ${example}`);
    if (value === undefined || value === 'true') return [name, true];
    if (value === 'false') return [name, false];
    const number = Number(value);
    return [name, value === '' || Number.isNaN(number) ? value : number];
  });
  return Object.fromEntries(entries) as AugmentationOptions;
}

/** What was drawn, as a person says it: `turned +12.4°, flipped`. */
export function drawnInWords(drawn: Readonly<Record<string, unknown>>): string {
  return Object.entries(drawn)
    .map(([name, value]) => phrases[name]?.(value) ?? `${inWords(name)} ${valueInWords(value)}`)
    .filter((phrase) => phrase !== '')
    .join(', ');
}

const phrases: Record<string, ((value: unknown) => string) | undefined> = {
  rotation: (degrees) => `turned ${signed(degrees as number, 1)}°`,
  horizontalFlip: () => 'flipped',
  verticalFlip: () => 'upside down',
  widthShift: (pixels) => `moved ${signed(pixels as number, 1)} px across`,
  heightShift: (pixels) => `moved ${signed(pixels as number, 1)} px down`,
  colorJitter: (levels) => {
    const changed = Object.entries(levels as Record<string, number>).filter(
      ([name, level]) => level !== (name === 'hue' ? 0 : 1),
    );
    return changed.map(([name, level]) => `${name} ${valueInWords(level)}`).join(', ');
  },
  randAugment: (steps) =>
    (steps as { name: string; amount: number }[])
      .map(({ name, amount }) => `${inWords(name)}${amount === 0 ? '' : ` ${valueInWords(amount)}`}`)
      .join(', '),
  shear: (degrees) => `sheared ${signed(degrees as number, 1)}°`,
};

const signed = (value: number, digits: number) =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
const inWords = (name: string) => name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();

function valueInWords(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(3)));
  if (Array.isArray(value)) return value.map(valueInWords).join(' × ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, part]) =>
      name === 'kind' || name === 'name' ? valueInWords(part) : `${inWords(name)} ${valueInWords(part)}`,
    )
    .join(' ');
}
