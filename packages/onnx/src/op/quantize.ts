// Between float32 and 8-bit integers: value = (integer - zero point) * scale, by tensor or by channel.

import type { GraphBuilder } from '../graph-builder.ts';
import type { Value } from '../model.ts';
import { int, mismatch, requireDtype, sameDtype } from './attribute.ts';

/** Where `scale` has one element per channel, the axis of the channels. */
export interface QuantizeOptions {
  readonly axis?: number;
}

function checkScale(
  op: string,
  x: Value,
  scale: Value,
  zeroPoint: Value | undefined,
  { axis }: QuantizeOptions,
): void {
  requireDtype(op, scale, 'float32');
  const shape = axis === undefined ? [] : [x.shape[axis]!];
  for (const value of [scale, zeroPoint]) {
    if (value && value.shape.join() !== shape.join()) {
      mismatch(op, `scale and zero point must have shape [${shape.join()}]`, x, value);
    }
  }
}

const axisOf = ({ axis }: QuantizeOptions) => (axis === undefined ? {} : { axis: int(axis) });

/** Rounds x / scale + zero point half to even and saturates; the zero point's element type is the result's. */
export function quantizeLinear(
  g: GraphBuilder,
  x: Value,
  scale: Value,
  zeroPoint: Value,
  options: QuantizeOptions = {},
): Value {
  requireDtype('QuantizeLinear', x, 'float32');
  requireDtype('QuantizeLinear', zeroPoint, 'uint8', 'int8');
  checkScale('QuantizeLinear', x, scale, zeroPoint, options);
  const outputs = [{ dtype: zeroPoint.dtype, shape: x.shape }];
  const attributes = axisOf(options);
  return g.add('QuantizeLinear', { inputs: [x, scale, zeroPoint], outputs, attributes })[0]!;
}

/** (x - zero point) * scale as float32. Default zero point: 0. */
export function dequantizeLinear(
  g: GraphBuilder,
  x: Value,
  scale: Value,
  zeroPoint?: Value,
  options: QuantizeOptions = {},
): Value {
  requireDtype('DequantizeLinear', x, 'uint8', 'int8', 'int32');
  if (zeroPoint) sameDtype('DequantizeLinear', x, zeroPoint);
  checkScale('DequantizeLinear', x, scale, zeroPoint, options);
  const outputs = [{ dtype: 'float32', shape: x.shape } as const];
  const attributes = axisOf(options);
  return g.add('DequantizeLinear', { inputs: [x, scale, zeroPoint], outputs, attributes })[0]!;
}
