// The baseline's training step as an engineer who knows ONNX Runtime would write it down: NHWC, im2col as one Gather,
// pooling by Split and Max, weight gradients as products over slabs, Adam at the end. No rewrite and no lowering of
// the engine takes part: it is what they are to beat.

import { encodeModel, GraphBuilder, op, type Value } from '@sightline/onnx';

const L2 = 0.001;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-7];
/** The long inner axis of a weight gradient is cut into as many slabs. */
const SLABS = 8;

/** Shapes of the parameters, in the order of the layers. */
export const PARAMETERS = {
  w1: [5, 5, 3, 32],
  b1: [32],
  w2: [3, 3, 32, 64],
  b2: [64],
  w3: [256, 128],
  b3: [128],
  w4: [128, 1],
  b4: [1],
} as const satisfies Record<string, readonly number[]>;

type Name = keyof typeof PARAMETERS;
export const NAMES = Object.keys(PARAMETERS) as Name[];

interface Conv {
  readonly n: number;
  readonly size: number;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly filters: number;
}

const outSize = ({ size, kernel, stride }: Conv): number => Math.floor((size - kernel) / stride) + 1;
const widthOf = ({ kernel, channels }: Conv): number => kernel * kernel * channels;
const rowsOf = (c: Conv): number => c.n * outSize(c) ** 2;

/** (windows, places): the pixel under each place of each window. */
function windowTable(c: Conv): Int32Array {
  const out = outSize(c);
  const table: number[] = [];
  for (let y = 0; y < out; y++)
    for (let x = 0; x < out; x++)
      for (let ky = 0; ky < c.kernel; ky++)
        for (let kx = 0; kx < c.kernel; kx++) table.push((y * c.stride + ky) * c.size + x * c.stride + kx);
  return Int32Array.from(table);
}

class HandMadeStep {
  readonly g = new GraphBuilder('hand-made');
  readonly #zero = this.g.float(0);

  patches(x: Value, c: Conv): Value {
    const { g } = this;
    const table = windowTable(c);
    const pixels = op.reshape(g, x, [c.n, c.size * c.size, c.channels]);
    const windows = op.gather(g, pixels, g.constant(table, [table.length / c.kernel ** 2, c.kernel ** 2]), 1);
    return op.reshape(g, windows, [rowsOf(c), widthOf(c)]);
  }

  /** The transpose of `patches`: each pixel's contributions gathered and summed. */
  scatter(columns: Value, c: Conv): Value {
    const { g } = this;
    const table = windowTable(c);
    const byPixel: number[][] = Array.from({ length: c.size ** 2 }, () => []);
    table.forEach((pixel, place) => {
      byPixel[pixel]!.push(place);
    });
    const most = Math.max(...byPixel.map((places) => places.length));
    const inverse = byPixel.flatMap((places) => [
      ...places,
      ...Array(most - places.length).fill(table.length),
    ]);
    const places = op.reshape(g, columns, [c.n, table.length, c.channels]);
    const padded = op.pad(g, places, [0, 0, 0], [0, 1, 0], 'constant', this.#zero);
    const gathered = op.gather(g, padded, g.constant(Int32Array.from(inverse), [byPixel.length, most]), 1);
    return op.reduceSum(g, gathered, [2]);
  }

  /** Relu'd outputs as (N, H/2, 2, W/2, 2, C), and their maxima over 2x2 windows, (N, H/2, 1, W/2, 1, C). */
  pool(y: Value, c: Conv): { windows: Value; pooled: Value } {
    const { g } = this;
    const half = outSize(c) / 2;
    const windows = op.reshape(g, y, [c.n, half, 2, half, 2, c.filters]);
    const [top, bottom] = op.split(g, windows, [1, 1], 2) as [Value, Value];
    const [left, right] = op.split(g, op.max(g, top, bottom), [1, 1], 4) as [Value, Value];
    return { windows, pooled: op.max(g, left, right) };
  }

  /** To all places that hold the maximum, where Relu let it pass. */
  poolGradient({ windows, pooled }: { windows: Value; pooled: Value }, dy: Value, c: Conv): Value {
    const { g } = this;
    const flat = op.reshape(g, dy, pooled.shape);
    const passed = op.where(g, op.greater(g, pooled, this.#zero), flat, this.#zero);
    const isMaximum = op.cast(g, op.equal(g, windows, pooled), 'float32');
    return op.reshape(g, op.mul(g, isMaximum, passed), [rowsOf(c), c.filters]);
  }

  weightGradient(x: Value, d: Value, shape: readonly number[]): Value {
    const { g } = this;
    const slabs = (v: Value) => {
      const [rows, columns] = v.shape as [number, number];
      return op.reshape(g, v, [SLABS, rows / SLABS, columns]);
    };
    // ONNX Runtime fuses the transpose into the product.
    const products = op.matMul(g, op.transpose(g, slabs(x), [0, 2, 1]), slabs(d));
    return op.reshape(g, op.reduceSum(g, products, [0]), shape);
  }

  biasGradient(d: Value): Value {
    const { g } = this;
    const [rows, columns] = d.shape as [number, number];
    const ones = g.constant(new Float32Array(rows).fill(1), [1, rows]);
    return op.reshape(g, op.gemm(g, ones, d), [columns]);
  }

  /** Adam as Keras writes it; `rate` has the corrections of both moments in it. Gives w, m and v. */
  adam(w: Value, m: Value, v: Value, gradient: Value, rate: Value): [Value, Value, Value] {
    const { g } = this;
    const blend = (old: Value, value: Value, beta: number) =>
      op.add(g, op.mul(g, old, g.float(beta)), op.mul(g, value, g.float(1 - beta)));
    const newM = blend(m, gradient, BETA1);
    const newV = blend(v, op.mul(g, gradient, gradient), BETA2);
    const change = op.div(g, op.mul(g, rate, newM), op.add(g, op.sqrt(g, newV), g.float(EPSILON)));
    return [op.sub(g, w, change), newM, newV];
  }
}

/**
 * The step of a batch of n images (n, 64, 64, 3) and labels (n, 1). Inputs: `x`, `y`, `rate` and for each parameter
 * `w`, `m_w`, `v_w`; outputs: `loss`, and `new_` with the name of each input that is state.
 */
export function handMadeStep(n: number): Uint8Array {
  const s = new HandMadeStep();
  const { g } = s;
  const conv1: Conv = { n, size: 64, channels: 3, kernel: 5, stride: 3, filters: 32 };
  const conv2: Conv = { n, size: 10, channels: 32, kernel: 3, stride: 2, filters: 64 };
  const x = g.input('x', 'float32', [n, 64, 64, 3]);
  const y = g.input('y', 'float32', [n, 1]);
  const rate = g.input('rate', 'float32', []);
  const state = (prefix: string) =>
    Object.fromEntries(NAMES.map((k) => [k, g.input(prefix + k, 'float32', PARAMETERS[k])])) as Record<
      Name,
      Value
    >;
  const [w, m, v] = [state(''), state('m_'), state('v_')];

  const kernel1 = op.reshape(g, w.w1, [widthOf(conv1), conv1.filters]);
  const kernel2 = op.reshape(g, w.w2, [widthOf(conv2), conv2.filters]);
  const patches1 = s.patches(x, conv1);
  const pool1 = s.pool(op.relu(g, op.gemm(g, patches1, kernel1, w.b1)), conv1);
  const patches2 = s.patches(pool1.pooled, conv2);
  const pool2 = s.pool(op.relu(g, op.gemm(g, patches2, kernel2, w.b2)), conv2);
  const flat = op.reshape(g, pool2.pooled, [n, 256]);
  const hidden = op.gemm(g, flat, w.w3, w.b3);
  const logit = op.gemm(g, hidden, w.w4, w.b4);
  const entropy = op.reduceMean(g, op.sub(g, op.softplus(g, logit), op.mul(g, logit, y)), [0, 1]);
  const weights = ['w1', 'w2', 'w3'] as const;
  const squares = weights
    .map((k) =>
      op.reduceSumSquare(
        g,
        w[k],
        w[k].shape.map((_, axis) => axis),
      ),
    )
    .reduce((a, b) => op.add(g, a, b));
  g.output('loss', op.add(g, entropy, op.mul(g, squares, g.float(L2))));

  const dLogit = op.mul(g, op.sub(g, op.sigmoid(g, logit), y), g.float(1 / n));
  const dHidden = op.gemm(g, dLogit, w.w4, undefined, { transB: true });
  const dFlat = op.gemm(g, dHidden, w.w3, undefined, { transB: true });
  const d2 = s.poolGradient(pool2, dFlat, conv2);
  const d1 = s.poolGradient(
    pool1,
    s.scatter(op.gemm(g, d2, kernel2, undefined, { transB: true }), conv2),
    conv1,
  );
  const gradients: Record<Name, Value> = {
    w1: s.weightGradient(patches1, d1, PARAMETERS.w1),
    b1: s.biasGradient(d1),
    w2: s.weightGradient(patches2, d2, PARAMETERS.w2),
    b2: s.biasGradient(d2),
    w3: op.gemm(g, flat, dHidden, undefined, { transA: true }),
    b3: op.reduceSum(g, dHidden, [0]),
    w4: op.gemm(g, hidden, dLogit, undefined, { transA: true }),
    b4: op.reduceSum(g, dLogit, [0]),
  };
  for (const k of weights) gradients[k] = op.add(g, gradients[k], op.mul(g, w[k], g.float(2 * L2)));
  for (const k of NAMES) {
    const [newW, newM, newV] = s.adam(w[k], m[k], v[k], gradients[k], rate);
    g.output(`new_${k}`, newW);
    g.output(`new_m_${k}`, newM);
    g.output(`new_v_${k}`, newV);
  }
  return encodeModel(g.build());
}
