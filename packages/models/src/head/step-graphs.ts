// The ONNX graphs of the logistic regression's solver: the gradient at a point, the derivatives along a direction, and
// the weights of a solution. Arrays are (tasks, classes, rows): several problems that share their rows are solved at once, in one
// matrix product.

import { encodeModel, GraphBuilder, op, type Value } from '@sightline/onnx';

export interface Rows {
  /** (rows, columns), standardized. */
  readonly features: Float32Array;
  readonly columns: number;
  /** The class index of each row. */
  readonly labels: Int32Array;
  readonly classes: number;
}

const [CLASSES, ROWS] = [1, 2];

/**
 * Appends `v X Xᵀ` for v (tasks, classes, rows). The products of all pairs of rows are one matrix; where rows are many
 * more than columns, that matrix would be larger than X twice, and is left as two products.
 */
function rowProducts(g: GraphBuilder, { features, columns }: Rows): (v: Value) => Value {
  const rows = features.length / columns;
  const x = g.constant(features, [rows, columns]);
  const transposed = op.transpose(g, x, [1, 0]);
  if (rows > 2 * columns) return (v) => op.matMul(g, op.matMul(g, v, x), transposed);
  // Constant, so that ONNX Runtime computes it once, when the session is made.
  const products = op.matMul(g, x, transposed);
  return (v) => op.matMul(g, v, products);
}

function oneHot(g: GraphBuilder, { labels, classes }: Rows): Value {
  const data = new Float32Array(classes * labels.length);
  labels.forEach((label, row) => {
    data[label * labels.length + row] = 1;
  });
  return g.constant(data, [1, classes, labels.length]);
}

/** Softmax over classes, and its normalizer's logarithm (tasks, 1, rows). */
function softmax(g: GraphBuilder, logits: Value): { probabilities: Value; logSum: Value } {
  const most = op.reduceMax(g, logits, [CLASSES], true);
  const powers = op.exp(g, op.sub(g, logits, most));
  const sum = op.reduceSum(g, powers, [CLASSES], true);
  return { probabilities: op.div(g, powers, sum), logSum: op.add(g, most, op.log(g, sum)) };
}

/** The graphs' inputs, all float32; `rowWeights` are C times the weight of each row, 0 for rows that are left out. */
function inputs(g: GraphBuilder, { labels, classes }: Rows) {
  const full = (name: string) => g.input(name, 'float32', ['tasks', classes, labels.length]);
  const perClass = (name: string) => g.input(name, 'float32', ['tasks', classes, 1]);
  return {
    full,
    perClass,
    perTask: (name: string) => g.input(name, 'float32', ['tasks', 1, 1]),
    rowWeights: g.input('rowWeights', 'float32', ['tasks', 1, labels.length]),
  };
}

/**
 * At `duals` and `logits`: `gradient` = duals + residuals (the gradient's natural coordinates), `gradientProducts` =
 * gradient X Xᵀ, `interceptGradient`, `curvature` (the intercepts' own, (tasks, classes, 1)), and `loss` (tasks, 1, 1),
 * the weighted sum of log losses.
 */
export function gradientGraph(rows: Rows): Uint8Array {
  const g = new GraphBuilder('gradient');
  const { full, rowWeights } = inputs(g, rows);
  const [duals, logits] = [full('duals'), full('logits')];
  const products = rowProducts(g, rows);
  const labels = oneHot(g, rows);
  const { probabilities, logSum } = softmax(g, logits);
  const residuals = op.mul(g, rowWeights, op.sub(g, probabilities, labels));
  const gradient = op.add(g, duals, residuals);
  const weighted = op.mul(g, rowWeights, probabilities);
  const curvature = op.sub(g, weighted, op.mul(g, weighted, probabilities));
  const labelLogit = op.reduceSum(g, op.mul(g, logits, labels), [CLASSES], true);
  const losses = op.mul(g, rowWeights, op.sub(g, logSum, labelLogit));
  g.output('gradient', gradient);
  g.output('gradientProducts', products(gradient));
  g.output('interceptGradient', op.reduceSum(g, residuals, [ROWS], true));
  g.output('curvature', op.reduceSum(g, curvature, [ROWS], true));
  g.output('loss', op.reduceSum(g, losses, [CLASSES, ROWS], true));
  return encodeModel(g.build());
}

/**
 * The objective's first and second derivatives at `step` along a direction: `move` of the duals, `moveProducts` =
 * move X Xᵀ, `interceptMove`.
 */
export function lineGraph(rows: Rows): Uint8Array {
  const g = new GraphBuilder('line');
  const { full, perClass, perTask, rowWeights } = inputs(g, rows);
  const [duals, logits, move, moveProducts] = [
    full('duals'),
    full('logits'),
    full('move'),
    full('moveProducts'),
  ];
  const [interceptMove, step] = [perClass('interceptMove'), perTask('step')];
  const logitsMove = op.add(g, moveProducts, interceptMove);
  const { probabilities } = softmax(g, op.add(g, logits, op.mul(g, step, logitsMove)));
  const residuals = op.mul(g, rowWeights, op.sub(g, probabilities, oneHot(g, rows)));
  const gradient = op.add(g, op.add(g, duals, op.mul(g, step, move)), residuals);
  const sum = (value: Value) => op.reduceSum(g, value, [CLASSES, ROWS], true);
  const interceptSlope = op.mul(g, op.reduceSum(g, residuals, [ROWS], true), interceptMove);
  g.output('slope', op.add(g, sum(op.mul(g, gradient, moveProducts)), sum(interceptSlope)));
  const expected = op.mul(g, probabilities, logitsMove);
  const mean = op.reduceSum(g, expected, [CLASSES], true);
  const variance = op.sub(
    g,
    op.reduceSum(g, op.mul(g, expected, logitsMove), [CLASSES], true),
    op.mul(g, mean, mean),
  );
  const quadratic = sum(op.mul(g, move, moveProducts));
  g.output('curvature', op.add(g, quadratic, sum(op.mul(g, rowWeights, variance))));
  return encodeModel(g.build());
}

/** Weights (tasks, classes, columns) of duals: duals X. */
export function weightsGraph({ labels, classes, features, columns }: Rows): Uint8Array {
  const g = new GraphBuilder('weights');
  const duals = g.input('duals', 'float32', ['tasks', classes, labels.length]);
  g.output('weights', op.matMul(g, duals, g.constant(features, [labels.length, columns])));
  return encodeModel(g.build());
}
