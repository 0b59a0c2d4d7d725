// Batch normalization with given statistics, as in inference: Ioffe and Szegedy, Batch Normalization (2015).

import { op } from '@sightline/onnx';
import type { Lowering } from './lowering.ts';

export const NORMALIZATION: Record<string, Lowering> = {
  /** (x - mean) / sqrt(variance + epsilon) * scale + offset, as one product and one sum over x. */
  FusedBatchNorm: ({ graph: g }, { x, mean, variance, offset, scale }, a: { varianceEpsilon: number }) => {
    const deviation = op.sqrt(g, op.add(g, variance!, g.float(a.varianceEpsilon)));
    const factor = op.div(g, scale ?? g.float(1), deviation);
    const shift = op.mul(g, mean!, factor);
    const term = offset ? op.sub(g, offset, shift) : op.neg(g, shift);
    return op.add(g, op.mul(g, x!, factor), term);
  },
};
