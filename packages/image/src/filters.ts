/**
 * Resampling filters, as Pillow has them (libImaging/Resample.c): which input pixels contribute to each output pixel,
 * and with what weight. When shrinking, a filter widens by the scale, so that no pixel is skipped.
 */

/** How values between pixels are found. `nearest` is the default of Keras' load_img; `area` is Pillow's BOX. */
export const INTERPOLATIONS = ['nearest', 'bilinear', 'bicubic', 'area', 'lanczos'] as const;
export type Interpolation = (typeof INTERPOLATIONS)[number];

interface Filter {
  /** Half of its width, in input pixels at a scale of 1. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

export const FILTERS: Readonly<Record<Exclude<Interpolation, 'nearest'>, Filter>> = {
  area: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x), -0.5) },
  lanczos: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic convolution with parameter `a`. */
function cubic(x: number, a: number): number {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/** Weights are multiples of 2^-22, as Pillow's for 8 bits: sums stay within 32 bits (kernels.wat). */
const PRECISION_BITS = 22;

export interface Taps {
  /** First input position of each output position. */
  readonly start: Int32Array;
  /** Number of input positions of each. */
  readonly count: Int32Array;
  /** Weights, `stride` per output position. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** The taps along one axis, for the part from `from` to `to` of `inputSize` pixels resampled to `outputSize` pixels. */
export function filterTaps(
  filter: Filter,
  inputSize: number,
  from: number,
  to: number,
  outputSize: number,
): Taps {
  const scale = (to - from) / outputSize;
  const widening = Math.max(scale, 1);
  const support = filter.support * widening;
  const stride = Math.ceil(support) * 2 + 1;
  const start = new Int32Array(outputSize);
  const count = new Int32Array(outputSize);
  const weights = new Int32Array(outputSize * stride);
  const row = new Float64Array(stride);
  for (let i = 0; i < outputSize; i++) {
    const center = from + (i + 0.5) * scale;
    const first = Math.max(Math.trunc(center - support + 0.5), 0);
    const taps = Math.min(Math.trunc(center + support + 0.5), inputSize) - first;
    let sum = 0;
    for (let t = 0; t < taps; t++) {
      row[t] = filter.weight((t + first - center + 0.5) / widening);
      sum += row[t]!;
    }
    for (let t = 0; t < taps; t++) {
      const exact = (sum === 0 ? row[t]! : row[t]! / sum) * 2 ** PRECISION_BITS;
      weights[i * stride + t] = Math.trunc(exact < 0 ? exact - 0.5 : exact + 0.5);
    }
    start[i] = first;
    count[i] = taps;
  }
  return { start, count, weights, stride };
}
