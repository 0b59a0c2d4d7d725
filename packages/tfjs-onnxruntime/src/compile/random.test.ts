// Random numbers in a compiled step: their distributions, that they are new at each step, and that a seed repeats them.

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../index.ts';

const SIZE = 40_000;

/** What a step gives at its calls from the third on, which are replays; an input of its own marks the signature. */
function replays(draw: () => tf.Tensor, count: number, seed = 1): Float32Array[] {
  const step = compile((x: tf.Tensor) => tf.add(draw(), tf.mul(x, 0)), { seed });
  const x = tf.scalar(0);
  const results = Array.from({ length: count + 2 }, () =>
    tf.tidy(() => step(x).dataSync().slice() as Float32Array),
  );
  step.dispose();
  return results.slice(2);
}

/** Abramowitz and Stegun 7.1.26; its error is under 1.5e-7. */
function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - poly * Math.exp(-z * z);
  return x < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}

/** The largest distance between the share of values below x and the distribution's (Kolmogorov and Smirnov). */
function distance(values: Float32Array, cdf: (x: number) => number): number {
  const sorted = values.toSorted();
  return sorted.reduce((most, x, i) => {
    const wanted = cdf(x);
    return Math.max(most, Math.abs(wanted - i / sorted.length), Math.abs(wanted - (i + 1) / sorted.length));
  }, 0);
}

function moments(values: ArrayLike<number>): { mean: number; variance: number } {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b, 0) / list.length;
  return { mean, variance: list.reduce((sum, v) => sum + (v - mean) ** 2, 0) / list.length };
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [ma, mb] = [moments(a), moments(b)];
  const product = Array.from(a, (value, i) => (value - ma.mean) * (b[i]! - mb.mean));
  return product.reduce((x, y) => x + y, 0) / product.length / Math.sqrt(ma.variance * mb.variance);
}

const [low, high] = [normalCdf(-2), normalCdf(2)];
/** Variance of the standard normal distribution cut at two deviations: 1 - 4 phi(2) / (2 Phi(2) - 1). */
const TRUNCATED_VARIANCE = 1 - (4 * Math.exp(-2)) / Math.sqrt(2 * Math.PI) / (high - low);

const DRAWS: Record<
  string,
  { draw: () => tf.Tensor; mean: number; variance: number; cdf: (x: number) => number }
> = {
  'randomUniform in [-1, 3)': {
    draw: () => tf.randomUniform([SIZE], -1, 3),
    mean: 1,
    variance: 16 / 12,
    cdf: (x) => (x + 1) / 4,
  },
  'randomNormal around 2': {
    draw: () => tf.randomNormal([SIZE], 2, 0.5),
    mean: 2,
    variance: 0.25,
    cdf: (x) => normalCdf((x - 2) / 0.5),
  },
  'truncatedNormal around -1': {
    draw: () => tf.truncatedNormal([SIZE], -1, 3),
    mean: -1,
    variance: 9 * TRUNCATED_VARIANCE,
    cdf: (x) => (normalCdf((x + 1) / 3) - low) / (high - low),
  },
};

beforeEach(async () => {
  await tf.setBackend('onnxruntime');
});

describe('the numbers of a compiled step', () => {
  for (const [name, { draw, mean, variance, cdf }] of Object.entries(DRAWS)) {
    it(`${name} has its distribution, at each step another sample`, () => {
      const [a, b] = replays(draw, 2) as [Float32Array, Float32Array];
      for (const values of [a, b]) {
        const found = moments(values);
        // Five deviations of the mean; the sample variance deviates by sqrt(2 / n) of itself, or less.
        expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / SIZE));
        expect(Math.abs(found.variance / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / SIZE));
        // Exceeded once in two thousand samples: the seed is fixed.
        expect(distance(values, cdf)).toBeLessThan(2 / Math.sqrt(SIZE));
      }
      expect(Math.abs(correlation(a, b))).toBeLessThan(5 / Math.sqrt(SIZE));
      expect(Math.abs(correlation(a.subarray(1), a.subarray(0, -1)))).toBeLessThan(5 / Math.sqrt(SIZE));
    });
  }

  it('truncatedNormal stays within two deviations', () => {
    const [values] = replays(() => tf.truncatedNormal([SIZE], 0, 1), 1);
    expect(values!.every((x) => Math.abs(x) <= 2)).toBe(true);
  });

  it('integers have every value of their range, and no other', () => {
    const [values] = replays(() => tf.cast(tf.randomUniformInt([1000], 2, 7), 'float32'), 1);
    expect([...new Set(values)].sort()).toEqual([2, 3, 4, 5, 6]);
  });

  it('single numbers are drawn too', () => {
    const values = replays(() => tf.randomUniform([], 5, 6), 20).map((array) => array[0]!);
    expect(new Set(values).size).toBe(20);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...values)).toBeLessThanOrEqual(6);
  });

  it('repeat with the seed, and differ with another', () => {
    const draw = () => tf.randomNormal([50]);
    expect(replays(draw, 5, 3)).toEqual(replays(draw, 5, 3));
    expect(replays(draw, 1, 3)).not.toEqual(replays(draw, 1, 4));
  });

  it('repeat with the seed from the first call on, whose step runs as it is', () => {
    const all = () => {
      const step = compile((x: tf.Tensor) => tf.mul(x, tf.randomUniform([4])), { seed: 8 });
      return Array.from({ length: 4 }, () => [...step(tf.ones([4])).dataSync()]);
    };
    const first = all();
    expect(all()).toEqual(first);
    expect(new Set(first.map(String)).size).toBe(4);
  });

  it('are a constant where the user seeds an op, as without compile', () => {
    const [a, b] = replays(() => tf.randomUniform([4], 0, 1, 'float32', 5), 2);
    expect(a).toEqual(b);
    expect(a).toEqual(tf.randomUniform([4], 0, 1, 'float32', 5).dataSync());
  });

  it('whose range changes are an error', () => {
    let deviation = 1;
    const step = compile((x: tf.Tensor) => tf.add(x, tf.randomNormal([4], 0, deviation)));
    const x = tf.ones([4]);
    for (let i = 0; i < 2; i++) step(x);
    deviation = 0.5;
    expect(() => step(x)).toThrow(/random numbers at .*random\.test\.ts:\d+ have another range/);
  });

  it('Math.random in a step is an error, and works again afterwards', () => {
    const step = compile((x: tf.Tensor) => tf.mul(x, Math.random()));
    const x = tf.ones([2]);
    step(x);
    expect(() => step(x)).toThrow(/draws random numbers in JavaScript at .*random\.test\.ts:\d+/);
    expect(Math.random()).not.toBe(Math.random());
  });
});

describe('layers that draw', () => {
  const shape = [200, 100];
  /** Outputs of a layer in training, on ones, at three replays. */
  const outputs = (layer: tfl.layers.Layer, seed = 1) =>
    replays(() => layer.apply(tf.ones(shape), { training: true }) as tf.Tensor, 3, seed);
  const share = (values: Float32Array, wanted: number) =>
    values.filter((v) => Math.abs(v - wanted) < 1e-6).length / values.length;

  for (const seed of [undefined, 42]) {
    it(`dropout${seed ? ' with a seed of its own' : ''} drops its rate, scales the rest, another mask at each step`, () => {
      const layer = tfl.layers.dropout({ rate: 0.3, ...(seed ? { seed } : {}) });
      const [a, b, c] = outputs(layer) as [Float32Array, Float32Array, Float32Array];
      for (const mask of [a, b, c]) {
        expect(Math.abs(share(mask, 0) - 0.3)).toBeLessThan(0.02);
        expect(share(mask, 0) + share(mask, 1 / 0.7)).toBe(1);
      }
      expect(Math.abs(correlation(a, b))).toBeLessThan(0.04);
      expect(Math.abs(correlation(b, c))).toBeLessThan(0.04);
      expect(outputs(layer)).toEqual([a, b, c]);
      if (!seed) expect(outputs(layer, 2)).not.toEqual([a, b, c]);
    });
  }

  it('two dropout layers of one step have masks of their own', () => {
    const [first, second] = [
      tfl.layers.dropout({ rate: 0.5, seed: 7 }),
      tfl.layers.dropout({ rate: 0.5, seed: 7 }),
    ];
    const [both] = replays(
      () => tf.stack([first, second].map((l) => l.apply(tf.ones(shape), { training: true }) as tf.Tensor)),
      1,
    );
    const half = both!.length / 2;
    expect(Math.abs(correlation(both!.subarray(0, half), both!.subarray(half)))).toBeLessThan(0.04);
  });

  it('a noise shape drops whole channels', () => {
    const layer = tfl.layers.dropout({ rate: 0.5, noiseShape: [200, 1] });
    const [mask] = outputs(layer);
    for (let row = 0; row < 200; row++)
      expect(new Set(mask!.subarray(row * 100, row * 100 + 100)).size).toBe(1);
  });

  it('gaussianNoise adds its deviation', () => {
    const [a, b] = outputs(tfl.layers.gaussianNoise({ stddev: 0.2 })) as [Float32Array, Float32Array];
    expect(moments(a).mean).toBeCloseTo(1, 2);
    expect(moments(a).variance).toBeCloseTo(0.04, 2);
    expect(Math.abs(correlation(a, b))).toBeLessThan(0.04);
  });

  it('gaussianDropout multiplies by its deviation', () => {
    const [a, b] = outputs(tfl.layers.gaussianDropout({ rate: 0.2 })) as [Float32Array, Float32Array];
    expect(moments(a).mean).toBeCloseTo(1, 1);
    expect(moments(a).variance).toBeCloseTo(0.2 / 0.8, 1);
    expect(Math.abs(correlation(a, b))).toBeLessThan(0.04);
  });

  it('alphaDropout gives the mean and variance that it gives without compile', () => {
    const layer = tfl.layers.alphaDropout({ rate: 0.3 });
    const input = tf.randomNormal(shape, 0, 1, 'float32', 3);
    const [a, b] = replays(() => layer.apply(input, { training: true }) as tf.Tensor, 2) as [
      Float32Array,
      Float32Array,
    ];
    const eager = moments((layer.apply(input, { training: true }) as tf.Tensor).dataSync());
    expect(moments(a).mean).toBeCloseTo(eager.mean, 1);
    expect(moments(a).variance).toBeCloseTo(eager.variance, 1);
    expect(a).not.toEqual(b);
  });

  it('draws nothing in inference', () => {
    const layer = tfl.layers.dropout({ rate: 0.5 });
    const [a] = replays(() => layer.apply(tf.ones(shape), { training: false }) as tf.Tensor, 1);
    expect(share(a!, 1)).toBe(1);
  });

  it('the gradient goes through the mask that the forward pass had', () => {
    const w = tf.variable(tf.ones([1000]));
    const step = compile((x: tf.Tensor) => {
      let y: tf.Tensor | undefined;
      const { grads } = tf.variableGrads(() => {
        y = tf.keep(tf.dropout(tf.mul(w, x), 0.4));
        return tf.sum(y) as tf.Scalar;
      });
      return [y!, grads[w.name]!];
    });
    const x = tf.ones([1000]);
    for (let i = 0; i < 4; i++) {
      const [y, gradient] = step(x);
      expect(gradient!.dataSync()).toEqual(y!.dataSync());
    }
    w.dispose();
  });
});
