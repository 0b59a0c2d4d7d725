// Batch normalization with given statistics, as in inference (Ioffe and Szegedy, Batch Normalization, 2015), and local
// response normalization over neighboring channels (Krizhevsky et al., ImageNet classification, 2012).

import { op, type Value } from '@sightline/onnx';
import { type Lowering, type LoweringContext, shapeOf } from './lowering.ts';
import { byChannel } from './wide-rows.ts';

interface ResponseAttributes {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

/** (C, C): 1 where two channels are neighbors within the radius. */
function neighbors({ graph: g }: LoweringContext, channels: number, radius: number): Value {
  const data = Float32Array.from({ length: channels * channels }, (_, at) =>
    Math.abs(Math.floor(at / channels) - (at % channels)) <= radius ? 1 : 0,
  );
  return g.constant(data, [channels, channels]);
}

/** What each element is divided by, before the power: bias + alpha times the sum of its neighbors' squares. */
function response(context: LoweringContext, x: Value, band: Value, a: ResponseAttributes): Value {
  const { graph: g } = context;
  const squares = op.matMul(g, op.mul(g, x, x), band);
  return op.add(g, op.mul(g, squares, g.float(a.alpha)), g.float(a.bias));
}

export const NORMALIZATION: Record<string, Lowering> = {
  /** (x - mean) / sqrt(variance + epsilon) * scale + offset, as one product and one sum over x. */
  FusedBatchNorm: (context, { x, mean, variance, offset, scale }, a: { varianceEpsilon: number }) => {
    const { graph: g } = context;
    const deviation = op.sqrt(g, op.add(g, variance!, g.float(a.varianceEpsilon)));
    const factor = op.div(g, scale ?? g.float(1), deviation);
    const shift = op.mul(g, mean!, factor);
    const term = offset ? op.sub(g, offset, shift) : op.neg(g, shift);
    return byChannel(context, op.add, byChannel(context, op.mul, x!, factor), term);
  },
  LRN: (context, { x }, a: ResponseAttributes) => {
    const { graph: g } = context;
    const band = neighbors(context, shapeOf(x!).at(-1)!, a.depthRadius);
    return op.mul(g, x!, op.pow(g, response(context, x!, band, a), g.float(-a.beta)));
  },
  LRNGrad: (context, { x, y, dy }, a: ResponseAttributes) => {
    const { graph: g } = context;
    const band = neighbors(context, shapeOf(x!).at(-1)!, a.depthRadius);
    const base = response(context, x!, band, a);
    const own = op.mul(g, dy!, op.pow(g, base, g.float(-a.beta)));
    const shared = op.matMul(g, op.div(g, op.mul(g, dy!, y!), base), band);
    return op.sub(g, own, op.mul(g, op.mul(g, x!, shared), g.float(2 * a.alpha * a.beta)));
  },
};
