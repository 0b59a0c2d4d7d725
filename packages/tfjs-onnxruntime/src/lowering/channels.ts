// Kernels that rewrites make for values (…, C) that are linear in few others, channel by channel (see
// graph/rewrite/channel-algebra.ts).

import { op, type Value } from '@sightline/onnx';
import { type Lowering, shapeOf } from './lowering.ts';
import { sumOver } from './reduce.ts';

export const CHANNELS: Record<string, Lowering> = {
  /** The sum of `x0 a0 + x1 a1 + … + c`: terms (…, C), factors and the offset (C) or scalars; any of these may be left out. */
  ChannelAffine: ({ graph: g }, { c, ...inputs }) => {
    const terms: Value[] = [];
    for (let x = inputs.x0; x; x = inputs[`x${terms.length}`]) {
      const factor = inputs[`a${terms.length}`];
      terms.push(factor ? op.mul(g, x, factor) : x);
    }
    const sum = terms.reduce((a, b) => op.add(g, a, b));
    return c ? op.add(g, sum, c) : sum;
  },

  /** For each channel the dot product of `a` and `b`, (…, C) each: (C). */
  ChannelDot: ({ graph: g }, { a, b }) => {
    const leading = shapeOf(a!)
      .slice(0, -1)
      .map((_, axis) => axis);
    return sumOver(g, op.mul(g, a!, b!), leading, false);
  },
};
