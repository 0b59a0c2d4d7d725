import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeModel, GraphBuilder, halfWeights, type Model, op, printModel, quantize } from '../index.ts';
import { activationsToObserve, quantizeKernel, type Ranges, withRangeOutputs } from './quantize.ts';

/** The same numbers each time, between -1 and 1, that no filter has in common with another. */
const numbers = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233));

/** Pixels, a convolution, a residual block, pooling and a dense layer: all that exported networks have. */
function network(): Model {
  const g = new GraphBuilder('network');
  const pixels = g.input('image', 'uint8', ['N', 3, 12, 12]);
  const x = op.mul(g, op.cast(g, pixels, 'float32'), g.float(1 / 255));
  const half = op.cast(
    g,
    g.constant(
      Uint16Array.from({ length: 8 * 27 }, (_, i) => 0x3000 + 5 * i),
      [8, 3, 3, 3],
    ),
    'float32',
  );
  const stem = op.conv(g, x, half, g.constant(numbers(8, 1)), { pads: [1, 1, 1, 1] });
  const first = op.clip(g, stem, g.float(0), g.float(6));
  const depthwise = op.conv(g, first, g.constant(numbers(72, 2), [8, 1, 3, 3]), g.constant(numbers(8, 3)), {
    pads: [1, 1, 1, 1],
    group: 8,
  });
  const sum = op.relu(g, op.add(g, first, depthwise));
  const pooled = op.maxPool(g, sum, { kernel: [2, 2], strides: [2, 2] });
  const mean = op.globalAveragePool(g, op.conv(g, pooled, g.constant(numbers(128, 4), [16, 8, 1, 1])));
  g.output('logits', op.gemm(g, mean, g.constant(numbers(16 * 5, 5), [16, 5]), g.constant(numbers(5, 6))));
  return g.build({ metadata: { classes: '["a","b","c"]' } });
}

const image = () =>
  new Tensor(
    'uint8',
    Uint8Array.from({ length: 2 * 432 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24),
    [2, 3, 12, 12],
  );

async function run(model: Model): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(encodeModel(model));
  const outputs = await session.run({ image: image() });
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]));
}

async function rangesOf(model: Model): Promise<Ranges> {
  const names = activationsToObserve(model);
  const outputs = await run(withRangeOutputs(model, names));
  return Object.fromEntries(
    names.map((name) => [name, [outputs[`low/${name}`]![0]!, outputs[`high/${name}`]![0]!]]),
  );
}

const worst = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
/** Bytes of the constants: in a network this small, names take more. */
const weightBytes = ({ graph }: Model) =>
  graph.initializers.reduce((sum, { data }) => sum + data.byteLength, 0);
const operators = ({ graph }: Model) => graph.nodes.map(({ opType }) => opType);

describe('float16', () => {
  it('halves the weights and gives what weights so rounded give', async () => {
    const model = network();
    const half = halfWeights(model);
    expect(weightBytes(half)).toBeLessThan(0.7 * weightBytes(model));
    expect(half.graph.inputs).toEqual(model.graph.inputs);
    const [{ logits }, { logits: rounded }] = [await run(model), await run(half)];
    const largest = Math.max(...logits!.map(Math.abs));
    // A weight is off by at most 2^-11 of itself, in each of four layers.
    expect(worst(rounded!, logits!) / largest).toBeLessThan(2 ** -9);
    expect(worst(rounded!, logits!)).toBeGreaterThan(0);
  });

  it('leaves what half precision cannot hold', () => {
    const g = new GraphBuilder('large');
    const x = g.input('x', 'float32', ['N', 100]);
    g.output('y', op.add(g, x, g.constant(new Float32Array(100).fill(70_000))));
    const model = g.build();
    expect(halfWeights(model)).toEqual(model);
  });
});

describe('int8', () => {
  it('gives the logits of float32 up to a few steps, with integers for all kernels', async () => {
    const model = network();
    const ranges = await rangesOf(model);
    const quantized = halfWeights(quantize(model, ranges));
    const [{ logits }, { logits: found }] = [await run(model), await run(quantized)];
    const spread = Math.max(...logits!) - Math.min(...logits!);
    // Five roundings to 1 of 255 steps on the way.
    expect(worst(found!, logits!) / spread).toBeLessThan(5 / 255);
    const counts = operators(quantized);
    expect(counts.filter((name) => name === 'Clip' || name === 'Relu')).toEqual([]);
    const float = quantized.graph.initializers.filter(
      ({ dtype, data }) => dtype === 'float32' && data.length > 16,
    );
    expect(float).toEqual([]);
    expect(weightBytes(quantized)).toBeLessThan(0.6 * weightBytes(model));
  });

  it('is a graph that ONNX Runtime fuses to integer kernels', async () => {
    const model = network();
    const folder = await mkdtemp(join(tmpdir(), 'int8-'));
    const optimizedModelFilePath = join(folder, 'optimized.onnx');
    await InferenceSession.create(encodeModel(quantize(model, await rangesOf(model))), {
      graphOptimizationLevel: 'extended',
      optimizedModelFilePath,
    });
    const text = (await readFile(optimizedModelFilePath)).toString('latin1');
    await rm(folder, { recursive: true });
    for (const kernel of ['QLinearConv', 'QLinearAdd']) expect(text).toContain(kernel);
  });

  it('needs the ranges', () => {
    expect(() => quantize(network(), {})).toThrow(/int8 needs the range of activations/);
  });

  it('keeps the steps of what only moves', async () => {
    const model = network();
    const text = printModel(quantize(model, await rangesOf(model)));
    const scaleOf = (name: string) =>
      new RegExp(`const %\\S*${name}\\S*/scale: float32\\[\\] = (\\S+)`).exec(text)?.[1];
    expect(scaleOf('MaxPool')).toBe(scaleOf('Relu'));
  });
});

describe('weights', () => {
  it('are rounded to half a step of each filter, whose largest is the last integer', () => {
    const data = Float32Array.from({ length: 2 * 9 }, (_, i) => Math.sin(i) * (i < 9 ? 1 : 100));
    const first = quantizeKernel({ shape: [2, 1, 3, 3], data });
    for (const [i, value] of data.entries()) {
      const scale = first.scales[Math.floor(i / 9)]!;
      expect(Math.abs(first.integers[i]! * scale - value)).toBeLessThanOrEqual(scale * 0.5001);
    }
    for (const filter of [0, 1]) {
      expect(Math.max(...first.integers.subarray(filter * 9, filter * 9 + 9).map(Math.abs))).toBe(127);
    }
  });

  it('of zeros have a step that divides', () => {
    const kernel = { shape: [1, 1, 1, 1], data: new Float32Array(1) };
    expect(quantizeKernel(kernel)).toEqual({ integers: Int8Array.of(0), scales: Float32Array.of(1) });
  });

  it('all but zero leave a bias what it needs of int32', async () => {
    const g = new GraphBuilder('dead filter');
    const x = op.mul(g, op.cast(g, g.input('image', 'uint8', ['N', 3, 12, 12]), 'float32'), g.float(1 / 255));
    const w = g.constant(Float32Array.of(1, 0, 0, 1e-20, 0, 0), [2, 3, 1, 1]);
    const y = op.conv(g, x, w, g.constant(Float32Array.of(0.25, 3)));
    g.output('logits', op.conv(g, y, g.constant(Float32Array.of(0, 1), [1, 2, 1, 1])));
    const model = g.build();
    const { logits } = await run(quantize(model, await rangesOf(model)));
    for (const value of logits!) expect(value).toBeCloseTo(3, 1);
  });
});
