// Kernels that rewrites make for values (…, C) that are linear in few others, channel by channel (see
// graph/rewrite/channel-algebra.ts).

import { op, type Value } from '@sightline/onnx';
import { type Lowering, shapeOf } from './lowering.ts';
import { sumOver } from './reduce.ts';
import { wideRows } from './wide-rows.ts';

export const CHANNELS: Record<string, Lowering> = {
  /** The sum of `x0 a0 + x1 a1 + … + c`: terms (…, C), factors and the offset (C) or scalars; any of these may be left out. */
  ChannelAffine: (context, { c, ...inputs }) => {
    const { graph: g } = context;
    const wide = wideRows(context, shapeOf(inputs.x0!));
    const terms: Value[] = [];
    for (let x = inputs.x0; x; x = inputs[`x${terms.length}`]) {
      const factor = inputs[`a${terms.length}`];
      terms.push(factor ? op.mul(g, wide.rows(x), wide.vector(factor)) : wide.rows(x));
    }
    const sum = terms.reduce((a, b) => op.add(g, a, b));
    return wide.back(c ? op.add(g, sum, wide.vector(c)) : sum);
  },

  /** For each channel the dot product of `a` and `b`, (…, C) each: (C). */
  ChannelDot: ({ graph: g }, { a, b }) => {
    const leading = shapeOf(a!)
      .slice(0, -1)
      .map((_, axis) => axis);
    return sumOver(g, op.mul(g, a!, b!), leading, false);
  },
};
