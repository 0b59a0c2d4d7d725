// Augmentation against what Keras and scipy make of the same image with the same parameters (tooling/fixtures/data.py).

import { readFileSync } from 'node:fs';
import type { FillMode } from '@sightline/image';
import { describe, expect, it } from 'vitest';
import { applyAugmentation } from './augmentation.ts';
import type { AugmentationParameters } from './operations.ts';

interface KerasParameters {
  theta?: number;
  tx?: number;
  ty?: number;
  shear?: number;
  zx?: number;
  zy?: number;
  flip_horizontal?: boolean;
  flip_vertical?: boolean;
  channel_shift_intensity?: number;
  brightness?: number;
}

interface Fixture {
  shape: [number, number, number];
  image: string;
  cases: { fill: FillMode; fillValue: number; parameters: KerasParameters; expected: string }[];
}

const file = new URL('../../test/fixtures/keras.json', import.meta.url);
const fixtures = JSON.parse(readFileSync(file, 'utf8')) as { keras: Fixture; scipy: Fixture };

/** Keras' x is the column, so tx and zx are the width's. */
const fromKeras = (keras: KerasParameters): AugmentationParameters => ({
  rotation: keras.theta ?? 0,
  heightShift: keras.ty ?? 0,
  widthShift: keras.tx ?? 0,
  shear: keras.shear ?? 0,
  zoom: [keras.zy ?? 1, keras.zx ?? 1],
  ...(keras.flip_horizontal && { horizontalFlip: true }),
  ...(keras.flip_vertical && { verticalFlip: true }),
  ...(keras.channel_shift_intensity !== undefined && { channelShift: keras.channel_shift_intensity }),
  ...(keras.brightness !== undefined && { brightness: keras.brightness }),
});

describe.each([
  ['Keras ImageDataGenerator.apply_transform on a square image', fixtures.keras],
  ['scipy affine_transform on an oblong one', fixtures.scipy],
])('equals %s', (_, { shape: [height, width], image, cases }) => {
  const pixels = Uint8Array.from(Buffer.from(image, 'base64'));
  it.each(cases)('$fill $parameters', ({ fill, fillValue, parameters, expected }) => {
    const want = new Float32Array(Uint8Array.from(Buffer.from(expected, 'base64')).buffer);
    const out = new Float32Array(want.length);
    const source = { pixels, from: 0, height, width };
    applyAugmentation(source, fromKeras(parameters), { fill, fillValue }, out, 0, 1);
    // Of 255. Both interpolate in doubles and keep floats; brightness rounds to whole values, where a float's last bit
    // may tip one.
    const tolerance = parameters.brightness === undefined ? 1e-3 : 1;
    const worst = want.reduce((most, value, i) => Math.max(most, Math.abs(value - out[i]!)), 0);
    expect(worst).toBeLessThanOrEqual(tolerance);
  });
});
