import { readFile } from 'node:fs/promises';
import type { Size } from '@sightline/backbone';
import { lite0 } from '@sightline/efficientnet-lite-weights';
import { GraphBuilder } from '@sightline/onnx';
import { describe, expect, it } from 'vitest';
import { formulaImage, run } from '../test/run.ts';
import { loadEfficientNetLite0 } from './efficientnet-lite.ts';

interface Golden {
  readonly height: number;
  readonly width: number;
  readonly features: number[];
  readonly logits: number[];
  readonly top5: number[];
  readonly meanOfBlock0: number[];
  readonly meanOfBlock2: number[];
  readonly meanOfBlock10: number[];
}

/** Python's onnxruntime on a graph of its own, which agrees with TensorFlow to 2.5e-5. */
const { cases } = JSON.parse(
  await readFile(new URL('../test/fixtures/golden.json', import.meta.url), 'utf8'),
) as { cases: Golden[] };

/** Features reach 6 and logits 12: sums of up to 1,280 float32 products in another order differ by some 1e-5. */
const TOLERANCE = 1e-4;

const backbone = await loadEfficientNetLite0();

const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce(
    (most, v, i) => Math.max(most, Math.abs(v - b[i]!)),
    a.length === b.length ? 0 : Number.NaN,
  );

const topFive = (logits: Float32Array) =>
  [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!).slice(0, 5);

describe.each(cases)('an image of $height x $width', ({ height, width, ...golden }) => {
  const size: Size = [height, width];
  const image = formulaImage(size);

  it('has the golden features, logits and five best classes', () => {
    const { features, logits } = run(backbone, image, size, { logits: true });
    expect(features!.shape).toEqual([1, ...backbone.featureShape(size)]);
    expect(difference(features!.data, golden.features)).toBeLessThan(TOLERANCE);
    expect(difference(logits!.data, golden.logits)).toBeLessThan(TOLERANCE);
    expect(topFive(logits!.data)).toEqual(golden.top5);
  });

  it.each([
    ['blocks.0', golden.meanOfBlock0],
    ['blocks.2', golden.meanOfBlock2],
    ['blocks.10', golden.meanOfBlock10],
  ])('has the golden means after %s', (block, means) => {
    const { features } = run(backbone, image, size, { upTo: block });
    const [, rows, columns, channels] = features!.shape as [number, number, number, number];
    expect([rows, columns, channels]).toEqual(backbone.featureShape(size, block));
    const found = means.map((_, channel) => {
      let sum = 0;
      for (let i = channel; i < features!.data.length; i += channels) sum += features!.data[i]!;
      return sum / (rows * columns);
    });
    expect(difference(found, means)).toBeLessThan(TOLERANCE);
  });
});

describe('the graph', () => {
  it('takes any size from 32, and batches', () => {
    const [one, two] = [formulaImage([32, 51]), formulaImage([32, 51]).toReversed()];
    const both = run(backbone, Uint8Array.from([...one, ...two]), [32, 51]).features!;
    expect(both.shape).toEqual([2, 1280]);
    const second = run(backbone, two, [32, 51]).features!;
    // Batches may be cut into other pieces, whose sums are rounded differently.
    expect(difference(both.data.subarray(1280), second.data)).toBeLessThan(1e-5);
  });

  it.each([
    ['an image that is too small', 'uint8', ['N', 31, 64, 3]],
    ['gray images', 'uint8', ['N', 64, 64, 1]],
    ['floats', 'float32', ['N', 64, 64, 3]],
    ['an unknown size', 'uint8', ['N', 'height', 'width', 3]],
  ] as const)('refuses %s', (_, dtype, shape) => {
    const g = new GraphBuilder('refused');
    expect(() => backbone.append(g, g.input('image', dtype, shape))).toThrow(
      /takes uint8 pixels \[N, height, width, 3\] with sides of 32 or more/,
    );
  });

  it('refuses an unknown block, and logits of a part of the network', () => {
    const g = new GraphBuilder('refused');
    const pixels = g.input('image', 'uint8', ['N', 64, 64, 3]);
    expect(() => backbone.append(g, pixels, { upTo: 'blocks.16' })).toThrow(
      /no block blocks.16: .*blocks.15, head, mean/,
    );
    expect(() => backbone.append(g, pixels, { upTo: 'head', logits: true })).toThrow(
      /Logits need the whole network/,
    );
    expect(() => backbone.featureShape([64, 64], 'fc1')).toThrow(/no block fc1/);
  });
});

describe('8 bits', () => {
  const size: Size = [64, 64];
  const image = formulaImage(size);
  const exact = run(backbone, image, size, { logits: true });

  it('give features within the rounding of 256 steps', () => {
    const { features } = run(backbone, image, size, { ranges: backbone.ranges! });
    const norm = (f: (i: number) => number) => Math.hypot(...exact.features!.data.map((_, i) => f(i)));
    const error =
      norm((i) => features!.data[i]! - exact.features!.data[i]!) / norm((i) => exact.features!.data[i]!);
    // 50 layers whose activations have steps of a 255th of their range: 0.12 on photographs.
    expect(error).toBeGreaterThan(0.001);
    expect(error).toBeLessThan(0.3);
  });

  it('stop after a block, and classify', () => {
    const ranges = backbone.ranges!;
    const part = run(backbone, image, size, { ranges, upTo: 'blocks.2' }).features!;
    expect(part.shape).toEqual([1, 16, 16, 24]);
    const [low, high] = ranges['blocks.2']!;
    // Half a step of a 255th of the range beyond it: the zero point is rounded.
    expect(Math.max(...part.data)).toBeLessThanOrEqual(high + (high - low) / 510);
    expect(run(backbone, image, size, { ranges, logits: true }).logits!.shape).toEqual([1, 1000]);
  });

  it('need a range for each activation that a float32 graph shows', () => {
    const observed: string[] = [];
    run(backbone, image, size, { observed });
    expect(observed.toSorted()).toEqual(Object.keys(backbone.ranges!).toSorted());
    const { 'blocks.9': _, ...missing } = backbone.ranges!;
    expect(() => run(backbone, image, size, { ranges: missing })).toThrow(/range .* of blocks.9, but got/);
    expect(() => run(backbone, image, size, { ranges: { ...missing, 'blocks.9': [0, 0] } })).toThrow(
      /of blocks.9, but got \[0, 0\]/,
    );
  });
});

describe('the layer table', () => {
  it('has the published parameters and sizes', () => {
    const rows = backbone.layers([224, 224]);
    const total = rows.reduce((sum, { parameters }) => sum + parameters, 0);
    expect(total).toBe(lite0.parameters.total);
    const features = backbone.layers([224, 224], { top: false });
    expect(features.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(lite0.parameters.features);
    const shapes = Object.fromEntries(rows.map(({ name, outputShape }) => [name, outputShape]));
    expect(shapes).toMatchObject({
      input: [null, 224, 224, 3],
      stem: [null, 112, 112, 32],
      'blocks.4.project': [null, 28, 28, 40],
      head: [null, 7, 7, 1280],
      mean: [null, 1280],
      classifier: [null, 1000],
    });
  });

  it('names a weight and a bias of the right shape for each convolution', () => {
    const convolutions = backbone.table().filter((layer) => layer.kind === 'convolution');
    expect(convolutions).toHaveLength(49);
    for (const { name, filters, channels, groups, kernelSize } of convolutions) {
      expect(backbone.tensors.get(`${name}.weight`)!.shape).toEqual([
        filters,
        channels / groups,
        kernelSize,
        kernelSize,
      ]);
      expect(backbone.tensors.get(`${name}.bias`)!.shape).toEqual([filters]);
    }
  });
});
