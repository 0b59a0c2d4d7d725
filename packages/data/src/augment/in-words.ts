// What was drawn for an image, as a person says it: for the captions of sheets, in a picture and on a page.

import { type AugmentationParameters, NEUTRAL } from './augmentation.ts';

type Words = {
  readonly [Name in keyof AugmentationParameters]: (value: AugmentationParameters[Name]) => string;
};

/** Each parameter's words, as it is seen: a range of Keras' looks backwards (affine.ts), what it does to a picture does not. */
const WORDS: Words = {
  rotation: (degrees) => `turned ${degrees > 0 ? 'left' : 'right'} ${fixed(Math.abs(degrees))}°`,
  heightShift: (pixels) => `moved ${pixels > 0 ? 'up' : 'down'} ${fixed(Math.abs(pixels))} px`,
  widthShift: (pixels) => `moved ${pixels > 0 ? 'left' : 'right'} ${fixed(Math.abs(pixels))} px`,
  shear: (degrees) => `sheared ${signed(degrees)}°`,
  zoom: ([rows, columns]) => `width ×${short(1 / columns)}, height ×${short(1 / rows)}`,
  horizontalFlip: () => 'flipped',
  verticalFlip: () => 'upside down',
  channelShift: (levels) => `levels ${signed(levels)}`,
  brightness: (factor) => `brightness ×${short(factor)}`,
  crop: (crop) =>
    crop === null
      ? ''
      : `cropped to ${short(crop.width)} × ${short(crop.height)} at ${short(crop.left)}, ${short(crop.top)}`,
  colorJitter: (jitter) =>
    Object.entries(jitter ?? {})
      .filter(([name, amount]) => amount !== (name === 'hue' ? 0 : 1))
      .map(([name, amount]) => (name === 'hue' ? `hue ${signed(amount, 3)}` : `${name} ×${short(amount)}`))
      .join(', '),
  randAugment: (steps) =>
    steps
      .map(({ name, amount }) => (amount === 0 ? spaced(name) : `${spaced(name)} ${minus(short(amount))}`))
      .join(', '),
  cutout: (cutout) =>
    cutout === null ? '' : `a square of ${short(cutout.side)} px cut out at ${cutout.column}, ${cutout.row}`,
};

/**
 * The parameters that are not neutral in words: `turned left 12.4°, flipped`, or `unchanged`. Those that another
 * program drew are named as it names them.
 */
export function drawnInWords(drawn: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(drawn).map(([name, value]) => {
    if (name === 'mix' && isMix(value)) {
      const part = `${Math.round((1 - value.share) * 100)}%`;
      const of = `another image (${value.label})`;
      return value.box === undefined ? `${part} of ${of} mixed in` : `${part} covered by ${of}`;
    }
    if (!isParameter(name) || !isAlike(value, NEUTRAL[name])) return `${spaced(name)} ${plain(value)}`;
    if (JSON.stringify(value) === JSON.stringify(NEUTRAL[name])) return '';
    return (WORDS[name] as (value: unknown) => string)(value);
  });
  return parts.filter((part) => part !== '').join(', ') || 'unchanged';
}

const isParameter = (name: string): name is keyof AugmentationParameters => Object.hasOwn(WORDS, name);

/** What a sheet says of a mixed image. */
function isMix(value: unknown): value is { share: number; label: string; box?: unknown } {
  const { share, label } = (value ?? {}) as Record<string, unknown>;
  return typeof share === 'number' && typeof label === 'string';
}

/** Whether a value, perhaps of a file, is of its parameter's kind. What is nothing when neutral is an object else. */
function isAlike(value: unknown, neutral: unknown): boolean {
  if (neutral === null) return typeof value === 'object' && !Array.isArray(value);
  return typeof value === typeof neutral && Array.isArray(value) === Array.isArray(neutral);
}

const minus = (text: string) => text.replace('-', '−');
const fixed = (value: number) => value.toFixed(1);
const short = (value: number) => String(Number(value.toPrecision(3)));
const signed = (value: number, digits = 1) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
const spaced = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/_/g, ' ')
    .toLowerCase();

function plain(value: unknown): string {
  if (typeof value === 'number') return minus(short(value));
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(plain).join(' × ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, part]) => `${spaced(name)} ${plain(part)}`)
    .join(' ');
}
