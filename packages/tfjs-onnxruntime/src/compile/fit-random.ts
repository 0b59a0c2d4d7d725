// What a random op was asked for, found from what it drew: TensorFlow.js' generators give the numbers x of a standard
// distribution for a seed, and an op uploads scale * x + offset. Both are solved for and checked on every element.

import { SightlineError } from '@sightline/core';
import { randomNormal, randomUniform, tidy, truncatedNormal } from '@tensorflow/tfjs-core';
import type { Draw } from './random-ops.ts';
import { type Distribution, hashOf } from './random-stream.ts';

interface Affine {
  readonly scale: number;
  readonly offset: number;
}

/** The standard numbers that TensorFlow.js draws for a seed. */
function standardSample(distribution: Distribution, size: number, seed: number): Float32Array {
  const draw = { uniform: randomUniform, normal: randomNormal, truncated: truncatedNormal }[distribution];
  return tidy(() => draw([size], 0, 1, 'float32', seed as never).dataSync() as Float32Array);
}

/** float32 rounds by 6e-8; three of its roundings stand between both sides. */
const TOLERANCE = 4e-7;

/** The scale and offset with scale * x + offset = values; `undefined` where there are none. */
function fitFloats(values: ArrayLike<number>, x: ArrayLike<number>): Affine | undefined {
  const [low, high] = extremes(x);
  const scale = x[high]! > x[low]! ? (values[high]! - values[low]!) / (x[high]! - x[low]!) : 0;
  const offset = values[low]! - scale * x[low]!;
  const fits = ({ scale, offset }: Affine): boolean => {
    for (let i = 0; i < values.length; i++) {
      const [product, value] = [scale * x[i]!, values[i]!];
      const room = TOLERANCE * (Math.abs(product) + Math.abs(offset)) + 1e-30;
      if (!(Math.abs(product + offset - value) <= room)) return false;
    }
    return true;
  };
  // The numbers that a person wrote are short: 1 and not 1.0000001, which would let tf.dropout keep an element twice.
  const plain = {
    scale: Number(scale.toPrecision(6)),
    offset: Math.abs(offset) < 1e-6 * Math.abs(scale) ? 0 : Number(offset.toPrecision(6)),
  };
  return [plain, { scale, offset }].find(fits);
}

/** Whole scale and offset with trunc(scale * x + offset) = values; `undefined` where there are none or several. */
function fitIntegers(values: ArrayLike<number>, x: ArrayLike<number>): Affine | undefined {
  const [low, high] = extremes(x);
  const apart = x[high]! - x[low]!;
  if (!(apart > 0)) return undefined;
  const about = (values[high]! - values[low]!) / apart;
  const reach = Math.ceil(2 / apart) + 1;
  const found: Affine[] = [];
  for (let scale = Math.round(about) - reach; scale <= Math.round(about) + reach; scale++) {
    const first = Math.round(values[low]! - scale * x[low]!);
    for (let offset = first - 2; offset <= first + 2; offset++) {
      const fits = Array.prototype.every.call(values, (value: number, i: number) => {
        const at = scale * x[i]! + offset;
        const room = TOLERANCE * (Math.abs(scale) + Math.abs(offset));
        return Math.trunc(at - room) === value || Math.trunc(at + room) === value;
      });
      if (fits) found.push({ scale, offset });
    }
    if (found.length > 1) return undefined;
  }
  return found[0];
}

function extremes(x: ArrayLike<number>): [low: number, high: number] {
  let [low, high] = [0, 0];
  for (let i = 1; i < x.length; i++) {
    if (x[i]! < x[low]!) low = i;
    if (x[i]! > x[high]!) high = i;
  }
  return [low, high];
}

export interface PlannedDraw extends Affine {
  readonly distribution: Distribution;
  /** A seed of the user's code for this draw alone. */
  readonly seed: number | undefined;
}

/** What a draw was asked for, from what it drew in both traces. */
export function planDraw(first: Draw, second: Draw): PlannedDraw {
  const { distribution, sample, seed } = first;
  if (seed === undefined) return { distribution, scale: 1, offset: 0, seed: hashOf(sample) };
  const values = [...sample, ...second.sample];
  const size = sample.length;
  const standard = [
    ...standardSample(distribution, size, seed),
    ...standardSample(distribution, size, second.seed!),
  ];
  const { dtype } = first.buffer;
  const fit =
    size === 0
      ? { scale: 1, offset: 0 }
      : dtype === 'float32'
        ? fitFloats(values, standard)
        : dtype === 'int32' && distribution === 'uniform'
          ? fitIntegers(values, standard)
          : undefined;
  if (fit) return { distribution, ...fit, seed: undefined };
  throw new SightlineError(
    'not-compilable',
    `A compiled step draws random numbers ${first.line} (${distribution}, ${dtype}[${first.buffer.shape.join()}]) whose ` +
      'range does not follow from what was drawn: draw float32 numbers in a range that does not change, and cast them.',
  );
}
