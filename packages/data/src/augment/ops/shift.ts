// Translation. A range below 1 is a fraction of the side, one of 1 or more is pixels, as in Keras. But Keras moves
// pictures sideways for `height_shift_range` and vertically for `width_shift_range`; here each does what it says.

import { IDENTITY } from '@sightline/image';
import { z } from 'zod';
import type { Random } from '../../random/random.ts';
import { amount, count, fixed, operation } from './operation.ts';

/** A distance in pixels along a side. Positive distances move the picture up or to the left, as in Keras. */
function distance(range: number, side: number, random: Random): number | null {
  return range === 0 ? null : random.uniform(-range, range) * (range < 1 ? side : 1);
}

export const heightShift = operation({
  name: 'heightShift',
  schema: amount(0).describe(
    'Moves up or down within ±heightShift: below 1 a fraction of the height, else pixels.',
  ),
  parameters: z.number(),
  sample: (range, { height }, random) => distance(range, height, random),
  map: (pixels) => ({ ...IDENTITY, tr: pixels }),
  describe: (pixels) => `moved ${pixels > 0 ? 'up' : 'down'} ${fixed(Math.abs(pixels))} px`,
});

export const widthShift = operation({
  name: 'widthShift',
  schema: amount(0).describe(
    'Moves sideways within ±widthShift: below 1 a fraction of the width, else pixels.',
  ),
  parameters: z.number(),
  sample: (range, { width }, random) => distance(range, width, random),
  map: (pixels) => ({ ...IDENTITY, tc: pixels }),
  describe: (pixels) => `moved ${pixels > 0 ? 'left' : 'right'} ${fixed(Math.abs(pixels))} px`,
});

const whole = z.int();

/** No pixel is computed between others: what stays in the picture stays as it is. */
export const translation = operation({
  name: 'translation',
  schema: count(0, 1024).describe('Moves by whole pixels, up to this many in each direction.'),
  parameters: z.tuple([whole, whole]).readonly(),
  sample: (most, _, random) => {
    if (most === 0) return null;
    const [rows, columns] = [random, random].map((r) => r.integer(2 * most + 1) - most) as [number, number];
    return rows === 0 && columns === 0 ? null : ([rows, columns] as const);
  },
  map: ([rows, columns]) => ({ ...IDENTITY, tr: rows, tc: columns }),
  describe: ([rows, columns]) =>
    [
      rows === 0 ? '' : `moved ${rows > 0 ? 'up' : 'down'} ${Math.abs(rows)} px`,
      columns === 0 ? '' : `moved ${columns > 0 ? 'left' : 'right'} ${Math.abs(columns)} px`,
    ]
      .filter((part) => part !== '')
      .join(', '),
});
