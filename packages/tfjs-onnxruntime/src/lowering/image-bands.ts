// Large feature maps are computed in *bands* of a few images, so that what one operator writes is still in the
// processor's cache when the next one reads it: passes over maps of tens of megabytes would wait for memory, and two
// cores wait no shorter than one. A kernel that computes each image by itself is lowered once for each band, and a sum
// over images is the sum of the bands' sums. A map is joined only for a kernel that takes it whole; ONNX Runtime runs
// nodes depth first, so that a band goes from one sum over all images to the next before the following band begins.

import { op, type Value } from '@sightline/onnx';
import { bandsOf, joined } from '@sightline/ort';
import { type ConvAttributes, convInfo } from './conv.ts';
import { type Attributes, type Inputs, type LoweringContext, shapeOf } from './lowering.ts';

type Lower = (context: LoweringContext, kernel: string, inputs: Inputs, attributes: Attributes) => Value[];

/** Bytes of a convolution's image and output in one band; tests set fewer. */
export const BAND = { bytes: 2 * 2 ** 20 };
/** A band reads the kernel anew: as many times its bytes are worth a band. */
const KERNELS_PER_BAND = 4;
const BYTES = 4;
/** Of fewer axes there are no maps, but rows of features. */
const FEWEST_AXES = 3;

/** How a kernel is taken apart into images. */
interface ByImages {
  /** Inputs that have an entry per image; others are given to each band as they are. */
  readonly images: readonly string[];
  /** What is done with the bands' results. */
  readonly results: 'joined' | 'summed';
  /** Whether it cuts its inputs where nothing else has, so that what follows is in bands too. */
  readonly begins: boolean;
}

const CONVOLUTION: ByImages = { images: ['x'], results: 'joined', begins: true };
const INPUT_GRADIENT: ByImages = { images: ['dy'], results: 'joined', begins: true };
const FILTER_GRADIENT: ByImages = { images: ['x', 'dy'], results: 'summed', begins: true };
const elementwise = (...images: string[]): ByImages => ({ images, results: 'joined', begins: false });
const BINARY = elementwise('a', 'b');

const KERNELS: Readonly<Record<string, ByImages>> = {
  Conv2D: CONVOLUTION,
  FusedConv2D: CONVOLUTION,
  DepthwiseConv2dNative: CONVOLUTION,
  FusedDepthwiseConv2D: CONVOLUTION,
  Conv2DBackpropInput: INPUT_GRADIENT,
  DepthwiseConv2dNativeBackpropInput: INPUT_GRADIENT,
  Conv2DBackpropFilter: FILTER_GRADIENT,
  DepthwiseConv2dNativeBackpropFilter: FILTER_GRADIENT,
  Add: BINARY,
  Multiply: BINARY,
  Sub: BINARY,
  ChannelAffine: elementwise('x0', 'x1', 'x2', 'x3'),
  ChannelDot: { images: ['a', 'b'], results: 'summed', begins: false },
  CappedRelu: elementwise('x'),
  ClipByValue: elementwise('x'),
  ClipGrad: elementwise('dy', 'y'),
  FusedBatchNorm: elementwise('x'),
  Gelu: elementwise('x'),
  GeluGrad: elementwise('dy', 'x'),
  MaxPool: elementwise('x'),
  MaxPoolGrad: elementwise('dy', 'input', 'output'),
  Relu: elementwise('x'),
  ReluGrad: elementwise('dy', 'y'),
  Square: elementwise('x'),
};

/** Lowers a kernel band by band where its maps are large, or are in bands already. */
export function lowerInBands(
  context: LoweringContext,
  kernel: string,
  inputs: Inputs,
  attributes: Attributes,
  lower: Lower,
): Value[] {
  const { graph: g } = context;
  const plan = context.onCpu ? planOf(context, kernel, inputs, attributes) : undefined;
  if (!plan) return lower(context, kernel, inputs, attributes);
  const { names, results, sizes } = plan;
  const total = sizes.reduce((a, b) => a + b, 0);
  const parts = names.map((name) => partsOf(context, inputs[name]!, sizes));
  const values = sizes.map((size, i) => {
    const own = Object.fromEntries(names.map((name, at) => [name, parts[at]![i]!]));
    return context.withImages(size / total, () =>
      lower(context, plan.kernel, { ...inputs, ...own }, forImages(attributes, size)),
    );
  });
  const outputs = values[0]!.map((_, at) => values.map((value) => value[at]!));
  if (results === 'summed') {
    const { divisor } = plan;
    return outputs.map((all) => {
      const sum = all.reduce((a, b) => op.add(g, a, b));
      return divisor === 1 ? sum : op.mul(g, sum, g.float(1 / divisor));
    });
  }
  return outputs.map((maps) => {
    const whole = joinedMaps(context, maps);
    context.bands.set(whole, maps);
    return whole;
  });
}

interface Plan {
  /** The kernel of each band. */
  readonly kernel: string;
  /** The inputs that are cut. */
  readonly names: readonly string[];
  /** Images of each band. */
  readonly sizes: readonly number[];
  readonly results: ByImages['results'];
  /** What a sum is divided by. */
  readonly divisor: number;
}

function planOf(
  context: LoweringContext,
  kernel: string,
  inputs: Inputs,
  attributes: Attributes,
): Plan | undefined {
  const known = foldOf(kernel, inputs, attributes) ?? KERNELS[kernel];
  if (!known || attributes.dataFormat === 'NCHW') return undefined;
  const shapes = new Map(Object.entries(inputs).map(([name, value]) => [name, shapeOf(value)]));
  const given = known.images.flatMap((name) =>
    shapes.has(name) ? [{ name, shape: shapes.get(name)! }] : [],
  );
  const rank = Math.max(...given.map(({ shape }) => shape.length));
  if (rank < FEWEST_AXES) return undefined;
  const images = Math.max(...given.map(({ shape }) => (shape.length === rank ? shape[0]! : 0)));
  const cuts = given.filter(({ shape }) => shape.length === rank && shape[0] === images);
  const names = cuts.map(({ name }) => name);
  // What is not cut must be the same for each image.
  const isTheSame = ([name, shape]: [string, number[]]) =>
    names.includes(name) || known.begins || shape.length < rank || shape[0] === 1;
  if (![...shapes].every(isTheSame)) return undefined;
  const sizes = known.begins
    ? convolutionBands(kernel, inputs, attributes)
    : finest(names.flatMap((name) => [context.bands.get(inputs[name]!) ?? []])).map(
        (part) => shapeOf(part)[0]!,
      );
  if (sizes.length < 2) return undefined;
  const isMean = kernel === 'Mean' && known.results === 'summed';
  const divisor = isMean
    ? (attributes.axis as number[]).reduce((n, axis) => n * shapeOf(inputs.x!)[axis]!, 1)
    : 1;
  return { kernel: isMean ? 'Sum' : kernel, names, sizes, results: known.results, divisor };
}

/** Sums and means of (N, …), over the images as well or within each. */
function foldOf(kernel: string, { x }: Inputs, { axis, keepDims }: Attributes): ByImages | undefined {
  if ((kernel !== 'Sum' && kernel !== 'Mean') || x!.dtype !== 'float32') return undefined;
  if (!Array.isArray(axis) || axis.length === 0 || axis.some((a: number) => a < 0)) return undefined;
  if (!axis.includes(0)) return elementwise('x');
  return keepDims ? undefined : { images: ['x'], results: 'summed', begins: false };
}

/** Images of each band of a convolution, or of one of its gradients. */
function convolutionBands(kernel: string, { x, filter }: Inputs, attributes: Attributes): number[] {
  const { inputShape, filterShape } = attributes as { inputShape?: number[]; filterShape?: number[] };
  const kernelShape = filter ? shapeOf(filter) : filterShape!;
  const isDepthwise = kernel.includes('Depthwise');
  const info = convInfo(x ? shapeOf(x) : inputShape!, kernelShape, attributes as ConvAttributes, isDepthwise);
  const pixels = (shape: readonly number[]) => shape.slice(1).reduce((n, dim) => n * dim, 1);
  const bytes = BYTES * (pixels(info.inShape) + pixels(info.outShape));
  const kernelBytes = BYTES * kernelShape.reduce((n, dim) => n * dim, 1);
  const most = Math.max(1, Math.max(BAND.bytes, KERNELS_PER_BAND * kernelBytes) / bytes);
  // Powers of two: bands of one layer are whole ones of the next, or the other way round.
  return bandsOf(info.batchSize, 2 ** Math.floor(Math.log2(most))).map(({ images }) => images);
}

/** Attributes that hold the number of images. */
function forImages(attributes: Attributes, images: number): Attributes {
  const { inputShape } = attributes as { inputShape?: number[] };
  return inputShape ? { ...attributes, inputShape: inputShape.with(0, images) } : attributes;
}

const finest = (all: readonly (readonly Value[])[]): readonly Value[] =>
  all.reduce((a, b) => (b.length > a.length ? b : a), []);

/** A value in bands of these sizes: its own ones, several of them joined or each of them cut, or else the whole cut. */
function partsOf(context: LoweringContext, value: Value, sizes: readonly number[]): readonly Value[] {
  const known = context.bands.get(value);
  const have = known?.map((part) => shapeOf(part)[0]!);
  if (known && have!.join() === sizes.join()) return known;
  return context.share(`bands ${value.name} ${sizes}`, () => {
    const joins = have && grouped(have, sizes);
    if (joins) return joins.map(([first, count]) => joinedMaps(context, known!.slice(first, first + count)));
    const cuts = have && grouped(sizes, have);
    if (cuts)
      return cuts.flatMap(([first, count], i) =>
        cutTo(context, known![i]!, sizes.slice(first, first + count)),
      );
    return cutTo(context, value, sizes);
  });
}

/** For each of the larger sizes, which of the smaller ones it consists of; `undefined` where they don't fit. */
function grouped(
  small: readonly number[],
  large: readonly number[],
): [first: number, count: number][] | undefined {
  const groups: [number, number][] = [];
  let at = 0;
  for (const size of large) {
    const first = at;
    for (let sum = 0; sum < size; at++) sum += small[at]!;
    if (small.slice(first, at).reduce((a, b) => a + b, 0) !== size) return undefined;
    groups.push([first, at - first]);
  }
  return groups;
}

function cutTo({ graph: g, blocked }: LoweringContext, value: Value, sizes: readonly number[]): Value[] {
  if (sizes.length === 1) return [value];
  const parts = op.split(g, value, [...sizes], 0);
  const blocks = blocked.get(value);
  if (blocks)
    for (const [i, part] of op.split(g, blocks, [...sizes], 0).entries()) blocked.set(parts[i]!, part);
  return parts;
}

/** Bands as a whole, in blocks of channels too where all of them are known so. */
function joinedMaps({ graph: g, blocked }: LoweringContext, maps: readonly Value[]): Value {
  if (maps.length === 1) return maps[0]!;
  const whole = joined(g, maps);
  const blocks = maps.flatMap((map) => blocked.get(map) ?? []);
  if (blocks.length === maps.length) blocked.set(whole, joined(g, blocks));
  return whole;
}
