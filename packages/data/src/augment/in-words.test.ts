// The words say what is seen in the picture: a marked pixel moves where they say.

import { describe, expect, it } from 'vitest';
import { type AugmentationParameters, applyParameters, NEUTRAL } from './augmentation.ts';
import { drawnInWords } from './in-words.ts';

const SIDE = 21;

/** Where the middle of the light lies after the parameters, of a white spot at a place: row and column. */
function seen(parameters: Partial<AugmentationParameters>, [row, column] = [10, 10]): [number, number] {
  const pixels = new Uint8Array(SIDE * SIDE * 3);
  for (let y = row - 1; y <= row + 1; y++)
    for (let x = column - 1; x <= column + 1; x++)
      pixels.fill(255, (y * SIDE + x) * 3, (y * SIDE + x) * 3 + 3);
  const out = new Float32Array(pixels.length);
  const image = { pixels, from: 0, height: SIDE, width: SIDE };
  applyParameters(image, { ...NEUTRAL, ...parameters }, { fill: 'constant' }, out, 0, 1);
  let [light, rows, columns] = [0, 0, 0];
  for (let i = 0; i < SIDE * SIDE; i++) {
    light += out[i * 3]!;
    rows += out[i * 3]! * Math.floor(i / SIDE);
    columns += out[i * 3]! * (i % SIDE);
  }
  return [Math.round(rows / light), Math.round(columns / light)];
}

describe('say what is seen', () => {
  it('where a picture is moved to', () => {
    expect([seen({ heightShift: 4 }), drawnInWords({ heightShift: 4 })]).toEqual([
      [6, 10],
      'moved up 4.0 px',
    ]);
    expect([seen({ widthShift: -4 }), drawnInWords({ widthShift: -4 })]).toEqual([
      [10, 14],
      'moved right 4.0 px',
    ]);
  });

  it('which way it is turned: to the left is against the clock', () => {
    expect([seen({ rotation: 90 }, [3, 10]), drawnInWords({ rotation: 90 })]).toEqual([
      [10, 3],
      'turned left 90.0°',
    ]);
    expect(drawnInWords({ rotation: -12.44 })).toBe('turned right 12.4°');
  });

  it('how large it becomes, each way', () => {
    expect(seen({ zoom: [0.5, 0.8] }, [8, 6])).toEqual([6, 5]);
    expect(drawnInWords({ zoom: [0.5, 0.8] })).toBe('width ×1.25, height ×2');
  });
});

it('leaves out what is neutral, and says so where all is', () => {
  expect(drawnInWords({ ...NEUTRAL })).toBe('unchanged');
  expect(drawnInWords({ ...NEUTRAL, horizontalFlip: true, brightness: 0.5 })).toBe(
    'flipped, brightness ×0.5',
  );
});

it('has short words for all else', () => {
  expect(
    drawnInWords({
      channelShift: -12.34,
      crop: { top: 1.234, left: 20, height: 33.3333, width: 41.25 },
      colorJitter: { brightness: 1, contrast: 1, saturation: 1.25, hue: -0.0372 },
      randAugment: [
        { name: 'autoContrast', amount: 0 },
        { name: 'shearX', amount: -0.09 },
      ],
      cutout: { row: 3, column: 40, side: 19 },
    }),
  ).toBe(
    'levels −12.3, cropped to 41.3 × 33.3 at 20, 1.23, saturation ×1.25, hue −0.037, auto contrast, shear x −0.09, a square of 19 px cut out at 40, 3',
  );
});

it('takes what other programs write', () => {
  expect(
    drawnInWords({ angle: 3.123456, flip_horizontal: true, shift: [1, 2.0001], rotation: 'twenty' }),
  ).toBe('angle 3.12, flip horizontal yes, shift 1 × 2, rotation twenty');
});
