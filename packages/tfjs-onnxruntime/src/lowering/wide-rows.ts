// Feature maps and channel vectors. ONNX Runtime's cpu provider repeats a vector along a map row by row; rows of 32
// channels are too short for that: most of the time goes into what is done once a row. A map (…, C) is therefore taken
// as one of fewer, wider rows, and the vector as often as a row has room for it.

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { type LoweringContext, shapeOf } from './lowering.ts';

/** Elements of a wide row: from there on it takes no longer than a map of the same shape would. */
const WIDE = 1024;
/** Rows of as many channels are wide enough. */
const ENOUGH = 128;
/** Smaller maps don't repay the nodes. */
const SMALLEST = 2 ** 15;

export interface WideRows {
  /** A map (…, C) in wide rows. */
  readonly rows: (map: Value) => Value;
  /** A channel vector (C) as wide; scalars stay what they are. */
  readonly vector: (vector: Value) => Value;
  /** What was computed from wide rows, in the shape of the map. */
  readonly back: (rows: Value) => Value;
}

const same = (value: Value): Value => value;
const AS_IT_IS: WideRows = { rows: same, vector: same, back: same };

/** How to compute element by element with maps of a shape (…, C) and with channel vectors. */
export function wideRows(context: LoweringContext, shape: readonly number[]): WideRows {
  const { graph: g } = context;
  const channels = shape.at(-1) ?? 1;
  const size = shape.reduce((n, dim) => n * dim, 1);
  const times =
    context.onCpu && channels < ENOUGH && size >= SMALLEST ? timesIn(size / channels, channels) : 1;
  if (times === 1) return AS_IT_IS;
  const width = times * channels;
  return {
    rows: (map) => op.reshape(g, map, [size / width, width]),
    vector: (vector) =>
      shapeOf(vector).length === 0
        ? vector
        : context.share(`wide ${vector.name} ${width}`, () =>
            op.reshape(g, op.expand(g, op.reshape(g, vector, [1, channels]), [times, channels]), [width]),
          ),
    back: (rows) => op.reshape(g, rows, shape),
  };
}

/** The largest divisor of a number of rows with which they are not wider than needed. */
function timesIn(rows: number, channels: number): number {
  let times = Math.floor(WIDE / channels);
  while (rows % times !== 0) times--;
  return times;
}

/** Whether b (C), or with axes of size 1 before it, is a channel vector beside a map (…, C) of several rows. */
function isVectorOf(map: readonly number[], b: readonly number[]): boolean {
  const channels = map.at(-1);
  const isOnly = b.length > 0 && b.slice(0, -1).every((dim) => dim === 1);
  return channels !== undefined && channels > 1 && isOnly && b.at(-1) === channels && b.length <= map.length;
}

/** What `apply` computes element by element of two values, in wide rows where one is a map and one a channel vector. */
export function byChannel(
  context: LoweringContext,
  apply: (g: GraphBuilder, a: Value, b: Value) => Value,
  a: Value,
  b: Value,
): Value {
  const { graph: g } = context;
  const [as, bs] = [shapeOf(a), shapeOf(b)];
  const map = isVectorOf(as, bs) ? as : isVectorOf(bs, as) ? bs : undefined;
  if (!map) return apply(g, a, b);
  const { rows, vector, back } = wideRows(context, map);
  return back(map === as ? apply(g, rows(a), vector(b)) : apply(g, vector(a), rows(b)));
}
