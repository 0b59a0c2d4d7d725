// Cutout (DeVries and Taylor, 2017): a square of one color over a part of the image.

import { z } from 'zod';
import { amount, operation } from './operation.ts';

export const cutout = operation({
  name: 'cutout',
  schema: amount(0, 1).describe(
    "Covers a square with fillValue; its side relative to the image's shorter one.",
  ),
  /** Pixels. The center may lie anywhere in the image, so the square may be cut by its edge. */
  parameters: z.object({ row: z.number(), column: z.number(), side: z.number() }),
  sample: (share, { height, width }, random) => {
    if (share === 0) return null;
    const side = Math.max(1, Math.round(share * Math.min(height, width)));
    return { row: random.integer(height), column: random.integer(width), side };
  },
  apply: (image, { row, column, side }, { height, width }, fillValue) => {
    const [top, left] = [row - (side >> 1), column - (side >> 1)];
    const [from, to] = [Math.max(left, 0), Math.min(left + side, width)];
    for (let y = Math.max(top, 0); y < Math.min(top + side, height); y++) {
      image.fill(fillValue, (y * width + from) * 3, (y * width + to) * 3);
    }
  },
  describe: ({ row, column, side }) => `a square of ${side} px cut out at ${column}, ${row}`,
});
