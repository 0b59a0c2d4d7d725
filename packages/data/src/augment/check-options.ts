// Checks an augmentation's options before training starts, so that a mistyped range is a sentence, not a black image.
// A table says what each option may be, and one function walks it.

import { SightlineError } from '@sightline/core';
import type { AugmentationOptions } from './augmentation.ts';
import { FILL_MODES } from './fill.ts';
import { zoomRange } from './zoom.ts';

/** Throws where a value is none that the option takes; `name` is the option's, with those it is inside of. */
type Check = (name: string, value: unknown) => void;

const CHECKS: { readonly [Name in keyof Required<AugmentationOptions>]: Check } = {
  rotation: number(0),
  widthShift: number(0),
  heightShift: number(0),
  shear: number(0),
  zoom: (name, value) => range(Number.MIN_VALUE)(name, typeof value === 'number' ? zoomRange(value) : value),
  horizontalFlip: flag,
  verticalFlip: flag,
  channelShift: number(0),
  brightness: range(0),
  fill: oneOf(FILL_MODES),
  fillValue: number(0, 255),
  randomResizedCrop: options({ scale: range(Number.MIN_VALUE), ratio: range(Number.MIN_VALUE) }),
  colorJitter: options({
    brightness: number(0),
    contrast: number(0),
    saturation: number(0),
    hue: number(0, 0.5),
  }),
  randAugment: options({ count: whole(0, 20), magnitude: number(0, 30) }),
  cutout: number(0, 1),
  mix: options({ kind: oneOf(['mixup', 'cutmix']), alpha: number(Number.MIN_VALUE) }, ['kind']),
};

/** Throws SightlineError `option` for a range that is none, and for a name that no option has. */
export function checkAugmentation(augmentation: AugmentationOptions): void {
  for (const [name, value] of Object.entries(augmentation)) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof AugmentationOptions] : undefined;
    if (check === undefined) {
      throw new SightlineError(
        'option',
        `There is no augmentation "${name}". Expected some of ${Object.keys(CHECKS).join(', ')}.`,
      );
    }
    if (value !== undefined) check(name, value);
  }
}

function refuse(name: string, expected: string, value: unknown): never {
  const came = typeof value === 'number' ? value : JSON.stringify(value);
  throw new SightlineError('option', `augmentation.${name} must be ${expected}, not ${came}.`);
}

function number(least: number, most = Number.MAX_VALUE): Check {
  const lower = least === 0 ? 'of 0 or more' : 'of more than 0';
  const expected = `a number ${most === Number.MAX_VALUE ? lower : `from ${least} to ${most}`}`;
  return (name, value) => {
    if (!(typeof value === 'number' && value >= least && value <= most)) refuse(name, expected, value);
  };
}

function whole(least: number, most: number): Check {
  return (name, value) => {
    if (!(Number.isInteger(value) && (value as number) >= least && (value as number) <= most))
      refuse(name, `a whole number from ${least} to ${most}`, value);
  };
}

function range(least: number): Check {
  return (name, value) => {
    const [low, high] = Array.isArray(value) && value.length === 2 ? value : [];
    if (!(Number.isFinite(low) && Number.isFinite(high) && low >= least && high >= low))
      refuse(name, 'a range of two numbers, low to high', value);
  };
}

function flag(name: string, value: unknown): void {
  if (typeof value !== 'boolean') refuse(name, 'true or false', value);
}

function oneOf(values: readonly string[]): Check {
  return (name, value) => {
    if (!values.includes(value as string)) refuse(name, `one of ${values.join(', ')}`, value);
  };
}

function options(checks: Readonly<Record<string, Check>>, needed: readonly string[] = []): Check {
  const expected = `an object with ${needed.length > 0 ? '' : 'some of '}${Object.keys(checks).join(', ')}`;
  return (name, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(name, expected, value);
    if (needed.some((part) => !Object.hasOwn(value, part))) refuse(name, expected, value);
    for (const [part, of] of Object.entries(value)) {
      if (!Object.hasOwn(checks, part)) refuse(name, expected, value);
      if (of !== undefined) checks[part]!(`${name}.${part}`, of);
    }
  };
}
