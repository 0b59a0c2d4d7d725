// Images read at other places than their own pixels: crops of boxes, projections and rotations. Places are computed as
// numbers, or are a constant table, and the pixels under them are taken by one Gather each.

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { backend_util } from '@tensorflow/tfjs-core';
import { asFloat, type Lowering, scalar, shapeOf } from './lowering.ts';

type Four = [number, number, number, number];

/** Pixels of a batch of images (N, H, W, C) as rows (N * H * W, C). */
function rowsOf(g: GraphBuilder, image: Value): Value {
  const [n, h, w, c] = shapeOf(image) as Four;
  return op.reshape(g, asFloat(g, image), [n * h * w, c]);
}

/** As JavaScript rounds: halves up. */
const rounded = (g: GraphBuilder, x: Value): Value => op.floor(g, op.add(g, x, g.float(0.5)));

/** Where 0 <= x <= last. */
const within = (g: GraphBuilder, x: Value, last: number): Value =>
  op.and(g, op.greaterOrEqual(g, x, g.float(0)), op.lessOrEqual(g, x, g.float(last)));

const lerp = (g: GraphBuilder, a: Value, b: Value, t: Value): Value =>
  op.add(g, a, op.mul(g, op.sub(g, b, a), t));

/** Numbers of one axis: values at or over 0 that are whole, as int32. */
const whole = (g: GraphBuilder, x: Value): Value => op.cast(g, x, 'int32');

/** The number of the first row of each image, for images by number (int32). */
const firstRows = (g: GraphBuilder, images: Value, pixels: number): Value =>
  op.mul(g, images, scalar(g, pixels, 'int32'));

interface CropAttributes {
  readonly cropSize: [number, number];
  readonly method: 'bilinear' | 'nearest';
  readonly extrapolationValue: number;
}

/** Where the pixels of crops lie along an axis, (boxes, count), from where they begin and end as shares of its size. */
function cropPlaces(g: GraphBuilder, from: Value, to: Value, size: number, count: number): Value {
  const last = g.float(size - 1);
  if (count === 1) return op.mul(g, op.mul(g, op.add(g, from, to), g.float(0.5)), last);
  const steps = g.constant(
    Float32Array.from({ length: count }, (_, i) => i),
    [1, count],
  );
  const scale = op.div(g, op.mul(g, op.sub(g, to, from), last), g.float(count - 1));
  return op.add(g, op.mul(g, from, last), op.mul(g, steps, scale));
}

const cropAndResize: Lowering<CropAttributes> = ({ graph: g }, { image, boxes, boxInd }, a) => {
  const [n, h, w, c] = shapeOf(image!) as Four;
  const [count] = shapeOf(boxes!) as [number];
  const [ch, cw] = a.cropSize;
  const [y1, x1, y2, x2] = op.split(g, asFloat(g, boxes!), [1, 1, 1, 1], 1) as [Value, Value, Value, Value];
  const ys = op.reshape(g, cropPlaces(g, y1, y2, h, ch), [count, ch, 1]);
  const xs = op.reshape(g, cropPlaces(g, x1, x2, w, cw), [count, 1, cw]);
  const [insideY, insideX] = [within(g, ys, h - 1), within(g, xs, w - 1)];
  // What lies outside is read at 0, and not used.
  const [y, x] = [op.where(g, insideY, ys, g.float(0)), op.where(g, insideX, xs, g.float(0))];
  const images = op.reshape(g, op.cast(g, boxInd!, 'int32'), [count, 1, 1]);
  const exists = op.less(g, images, scalar(g, n, 'int32'));
  const first = firstRows(g, op.where(g, exists, images, scalar(g, 0, 'int32')), h * w);
  const rows = rowsOf(g, image!);
  const read = (row: Value, column: Value): Value => {
    const line = op.add(g, first, op.mul(g, whole(g, row), scalar(g, w, 'int32')));
    return op.gather(g, rows, op.add(g, line, whole(g, column)), 0);
  };
  let value: Value;
  if (a.method === 'nearest') value = read(rounded(g, y), rounded(g, x));
  else {
    const [top, left] = [op.floor(g, y), op.floor(g, x)];
    const [bottom, right] = [op.ceil(g, y), op.ceil(g, x)];
    const tx = op.reshape(g, op.sub(g, x, left), [count, 1, cw, 1]);
    const ty = op.reshape(g, op.sub(g, y, top), [count, ch, 1, 1]);
    const upper = lerp(g, read(top, left), read(top, right), tx);
    value = lerp(g, upper, lerp(g, read(bottom, left), read(bottom, right), tx), ty);
  }
  const inside = op.reshape(g, op.and(g, insideY, insideX), [count, ch, cw, 1]);
  const cropped = op.where(g, inside, value, g.float(a.extrapolationValue));
  // A box of an image that is not there is black.
  const known = op.where(g, op.reshape(g, exists, [count, 1, 1, 1]), cropped, g.float(0));
  return op.reshape(g, known, [count, ch, cw, c]);
};

interface TransformAttributes {
  readonly interpolation: 'nearest' | 'bilinear';
  readonly fillMode: 'constant' | 'reflect' | 'wrap' | 'nearest';
  readonly fillValue: number;
  readonly outputShape?: [number, number];
}

/** Brings coordinates into an axis of `size` pixels, as TensorFlow's ImageProjectiveTransformV3 does. */
function intoAxis(g: GraphBuilder, x: Value, size: number, mode: TransformAttributes['fillMode']): Value {
  if (mode === 'constant') return x;
  const clamped = (value: Value) => op.clip(g, value, g.float(0), g.float(size - 1));
  if (mode === 'nearest' || size === 1) return clamped(x);
  const times = (value: Value, period: number) => op.floor(g, op.div(g, value, g.float(period)));
  const negative = op.less(g, x, g.float(0));
  const beyond = op.greater(g, x, g.float(size - 1));
  let [before, after]: Value[] = [];
  if (mode === 'reflect') {
    const period = g.float(2 * size);
    const moved = op.add(g, op.mul(g, period, times(op.neg(g, x), 2 * size)), x);
    const far = op.less(g, moved, g.float(-size));
    before = op.where(g, far, op.add(g, moved, period), op.sub(g, op.neg(g, moved), g.float(1)));
    const rest = op.sub(g, x, op.mul(g, period, times(x, 2 * size)));
    const back = op.sub(g, op.sub(g, period, rest), g.float(1));
    after = op.where(g, op.greaterOrEqual(g, rest, g.float(size)), back, rest);
  } else {
    const turns = op.add(g, times(op.neg(g, x), size - 1), g.float(1));
    before = op.add(g, x, op.mul(g, g.float(size), turns));
    after = op.sub(g, x, op.mul(g, g.float(size), times(x, size - 1)));
  }
  return clamped(op.where(g, negative, before!, op.where(g, beyond, after!, x)));
}

const transform: Lowering<TransformAttributes> = ({ graph: g }, { image, transforms }, a) => {
  const [n, h, w, c] = shapeOf(image!) as Four;
  const [oh, ow] = a.outputShape ?? [h, w];
  const places = oh * ow;
  const grid = (at: (i: number) => number) =>
    g.constant(
      Float32Array.from({ length: places }, (_, i) => at(i)),
      [1, places],
    );
  const [ox, oy] = [grid((i) => i % ow), grid((i) => Math.floor(i / ow))];
  const t = op.split(g, asFloat(g, transforms!), Array(8).fill(1), 1);
  const plane = (i: number, end: Value) =>
    op.add(g, op.add(g, op.mul(g, t[i]!, ox), op.mul(g, t[i + 1]!, oy)), end);
  const projection = plane(6, g.float(1));
  const finite = op.not(g, op.equal(g, projection, g.float(0)));
  const divisor = op.where(g, finite, projection, g.float(1));
  const x = intoAxis(g, op.div(g, plane(0, t[2]!), divisor), w, a.fillMode);
  const y = intoAxis(g, op.div(g, plane(3, t[5]!), divisor), h, a.fillMode);
  const rows = rowsOf(g, image!);
  const first = firstRows(
    g,
    g.constant(
      Int32Array.from({ length: n }, (_, i) => i),
      [n, 1],
    ),
    h * w,
  );
  const fill = g.float(a.fillValue);
  const deep = (v: Value) => op.reshape(g, v, [...shapeOf(v), 1]);
  /** (N, places, C) at whole coordinates; what lies outside has the fill value. */
  const read = (row: Value, column: Value): Value => {
    const inside = op.and(g, within(g, row, h - 1), within(g, column, w - 1));
    const safe = (v: Value) => whole(g, op.where(g, inside, v, g.float(0)));
    const pixel = op.add(g, op.mul(g, safe(row), scalar(g, w, 'int32')), safe(column));
    return op.where(g, deep(inside), op.gather(g, rows, op.add(g, first, pixel), 0), fill);
  };
  let value: Value;
  if (a.interpolation === 'nearest') value = read(rounded(g, y), rounded(g, x));
  else {
    const [top, left] = [op.floor(g, y), op.floor(g, x)];
    const [bottom, right] = [op.add(g, top, g.float(1)), op.add(g, left, g.float(1))];
    const [tx, ty] = [deep(op.sub(g, x, left)), deep(op.sub(g, y, top))];
    value = lerp(
      g,
      lerp(g, read(top, left), read(top, right), tx),
      lerp(g, read(bottom, left), read(bottom, right), tx),
      ty,
    );
  }
  return op.reshape(g, op.where(g, deep(finite), value, fill), [n, oh, ow, c]);
};

export interface RotateAttributes {
  readonly radians: number;
  readonly fillValue: number | number[];
  readonly center: number | [number, number];
}

/** For each pixel of an image that is turned: the pixel that comes there, and whether one does. */
export function rotationTable(height: number, width: number, { radians, center }: RotateAttributes) {
  const [cx, cy] = backend_util.getImageCenter(center, height, width);
  const [sin, cos] = [Math.sin(radians), Math.cos(radians)];
  const pixels = new Int32Array(height * width);
  const inside = new Uint8Array(height * width);
  for (let at = 0; at < height * width; at++) {
    const [dx, dy] = [(at % width) - cx, Math.floor(at / width) - cy];
    const x = Math.round(dx * cos - dy * sin + cx);
    const y = Math.round(dx * sin + dy * cos + cy);
    if (x < 0 || x >= width || y < 0 || y >= height) continue;
    pixels[at] = y * width + x;
    inside[at] = 1;
  }
  return { pixels, inside };
}

/** The angle is known: which pixel lies under which is a table, fed as inputs or a constant. */
const rotate: Lowering<RotateAttributes> = ({ graph: g }, { image, pixels, inside }, a) => {
  const [n, h, w, c] = shapeOf(image!) as Four;
  const table = pixels ? undefined : rotationTable(h, w, a);
  const from = pixels ?? g.constant(table!.pixels);
  const isInside = inside ?? g.constant(table!.inside, [h * w], 'bool');
  // A fourth channel is opacity, which is full.
  const { fillValue } = a;
  const fill = Float32Array.from({ length: c }, (_, channel) =>
    typeof fillValue === 'number' ? fillValue : channel === 3 ? 255 : fillValue[channel]!,
  );
  const turned = op.gather(g, op.reshape(g, asFloat(g, image!), [n, h * w, c]), from, 1);
  const filled = op.where(g, op.reshape(g, isInside, [h * w, 1]), turned, g.constant(fill, [1, c]));
  return op.reshape(g, filled, [n, h, w, c]);
};

export const SAMPLING: Record<string, Lowering> = {
  CropAndResize: cropAndResize,
  RotateWithOffset: rotate,
  Transform: transform,
};
