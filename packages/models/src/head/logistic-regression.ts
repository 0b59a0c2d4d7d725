// Multinomial logistic regression with an L2 penalty, several problems at once:
//
//   minimize over W (classes, columns) and b:  C Σ_i v_i log loss_i(W x_i + b) + 1/2 ‖W‖²     (scikit-learn's objective)
//
// W is a combination of rows, W = A X with A (classes, rows) the *duals*: at the optimum A = -C v (p - y). Working in A
// takes one product with X Xᵀ per iteration instead of two with X. The gradient's coordinates there, A + C v (p - y),
// are W's gradient exactly, so L-BFGS in the metric of X Xᵀ is L-BFGS in W, in which the penalty's Hessian is the
// identity: few iterations. It also bounds the distance to the optimum: objective - minimum <= 1/2 ‖gradient‖².
// Logits are known along a whole direction, so the step is found by Newton's method at the cost of a softmax; with steps
// that exact, keeping more than the last pair of L-BFGS saves no iterations.

import { SightlineError } from '@sightline/core';
import { Session, tensorOf } from '@sightline/ort';
import { gradientGraph, lineGraph, type Rows, weightsGraph } from './step-graphs.ts';

export interface Task {
  /** The weight of each row in the loss; 0 leaves it out. */
  readonly rowWeights: Float32Array;
  /** Inverse strength of the penalty, as scikit-learn's C. */
  readonly c: number;
}

/** Where each task stands; arrays are (tasks, classes, rows), intercepts (tasks, classes). */
export interface Solution {
  readonly tasks: number;
  readonly duals: Float32Array;
  readonly intercepts: Float32Array;
  /** Logits of all rows, those with weight 0 included. */
  readonly logits: Float32Array;
}

export interface SolveOptions {
  /** The largest distance to the minimum, as a share of the objective. Default: 1e-6. */
  readonly tolerance?: number;
  /** Default: zeros, which also take the place of a start with a larger objective, task by task. */
  readonly start?: Solution;
  readonly maxIterations?: number;
}

export interface Solved extends Solution {
  readonly iterations: number;
  /** Per task. */
  readonly objective: Float64Array;
  /** Whether every task came within the tolerance. */
  readonly converged: boolean;
}

const MAX_LINE_STEPS = 6;
/** The slope that a step may leave, as a share of the slope at its start. */
const SLOPE = 0.1;

/** A vector of the optimization: duals, their product with X Xᵀ, intercepts. */
interface Vector {
  readonly duals: Float32Array;
  readonly products: Float32Array;
  readonly intercepts: Float32Array;
}

export class LogisticRegression {
  readonly #rows: Rows;
  readonly #size: number;
  readonly #gradient: Session;
  readonly #line: Session;

  constructor(rows: Rows) {
    this.#rows = rows;
    this.#size = rows.labels.length;
    this.#gradient = new Session(gradientGraph(rows), { provider: 'cpu' });
    this.#line = new Session(lineGraph(rows), { provider: 'cpu' });
  }

  /** Zeros: the solution of a penalty without bounds. */
  zeros(tasks: number): Solution {
    const { classes } = this.#rows;
    const full = tasks * classes * this.#size;
    return {
      tasks,
      duals: new Float32Array(full),
      intercepts: new Float32Array(tasks * classes),
      logits: new Float32Array(full),
    };
  }

  /** @throws SightlineError `not-finite` if the features or the weights are not numbers */
  solve(tasks: readonly Task[], options: SolveOptions = {}): Solved {
    const { tolerance = 1e-6, maxIterations = 1000, start = this.zeros(tasks.length) } = options;
    const duals = start.duals.slice();
    const logits = start.logits.slice();
    const intercepts = start.intercepts.slice();
    const n = tasks.length;
    const { classes } = this.#rows;
    const rowWeights = this.#tensor(penalized(tasks), [n, 1, this.#size]);
    const full = [n, classes, this.#size];
    const position = { duals: this.#tensor(duals, full), logits: this.#tensor(logits, full), rowWeights };
    const vector = (): Vector => ({
      duals: new Float32Array(duals.length),
      products: new Float32Array(duals.length),
      intercepts: new Float32Array(intercepts.length),
    });
    let gradient = vector();
    let previous = vector();
    const direction = vector();
    let space: Space | undefined;
    let squared: Float64Array = new Float64Array(n);
    const objective = new Float64Array(n);
    const step = new Float32Array(n);
    let isStart = options.start !== undefined;
    for (let iteration = 0; ; iteration++) {
      const out = this.#gradient.run(position, {
        gradient: this.#tensor(gradient.duals, full),
        gradientProducts: this.#tensor(gradient.products, full),
        interceptGradient: null,
        curvature: null,
        loss: null,
      });
      const of = (name: string) => out[name]!.data as Float32Array;
      space ??= new Space(n, classes, this.#size, of('curvature'));
      const penalty = space.penalty({ duals, logits, intercepts });
      objective.forEach((_, t) => {
        objective[t] = of('loss')[t]! + penalty[t]! / 2;
      });
      if (isStart) {
        isStart = false;
        const bad = tasks.flatMap((task, t) => (objective[t]! <= atZeros(task, classes) ? [] : [t]));
        if (bad.length > 0) {
          for (const t of bad)
            for (const values of [duals, logits, intercepts])
              values.fill(0, (t * values.length) / n, ((t + 1) * values.length) / n);
          // The metric of the intercepts is that of the start, too.
          space = undefined;
          iteration--;
          continue;
        }
      }
      space.setIntercepts(gradient, of('interceptGradient'));
      const before = squared;
      squared = space.dot(gradient, gradient);
      if (!objective.every(Number.isFinite)) {
        throw new SightlineError(
          'not-finite',
          'The logistic regression met a value that is not a finite number.',
          {
            hint: 'Check the features for NaN and infinity.',
          },
        );
      }
      const converged = objective.every((value, t) => squared[t]! / 2 <= tolerance * value);
      if (converged || iteration === maxIterations) {
        return { tasks: n, duals, logits, intercepts, iterations: iteration, objective, converged };
      }
      if (iteration === 0) space.add(direction, new Float64Array(n).fill(-1), gradient);
      else turn(space, { direction, gradient, previous, squared, before, step });
      this.#search(position, direction, step, full);
      space.move({ duals, logits, intercepts }, direction, step);
      [previous, gradient] = [gradient, previous];
    }
  }

  /** Newton's method for the step of each task along the direction, from 1. */
  #search(
    position: Record<string, ReturnType<typeof tensorOf>>,
    direction: Vector,
    step: Float32Array,
    full: number[],
  ): void {
    const n = step.length;
    const feeds = {
      ...position,
      move: this.#tensor(direction.duals, full),
      moveProducts: this.#tensor(direction.products, full),
      interceptMove: this.#tensor(direction.intercepts, [n, full[1]!, 1]),
    };
    const first = new Float64Array(n);
    const lowest = new Float64Array(n);
    const highest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    step.fill(0);
    for (let round = 0; round <= MAX_LINE_STEPS; round++) {
      const out = this.#line.run({ ...feeds, step: this.#tensor(step, [n, 1, 1]) });
      const slope = out.slope!.data as Float32Array;
      const curvature = out.curvature!.data as Float32Array;
      let done = round > 0;
      for (let t = 0; t < n; t++) {
        if (round === 0) first[t] = Math.abs(slope[t]!);
        if (Math.abs(slope[t]!) <= SLOPE * first[t]! && round > 0) continue;
        done = false;
        if (slope[t]! < 0) lowest[t] = step[t]!;
        else highest[t] = step[t]!;
        const newton = step[t]! - slope[t]! / Math.max(curvature[t]!, 1e-30);
        // The objective is convex: its slope grows, and a step outside of the bracket is halved into it.
        const inside = newton > lowest[t]! && newton < highest[t]!;
        step[t] = inside ? newton : (lowest[t]! + Math.min(highest[t]!, 2 * lowest[t]! + 1)) / 2;
      }
      if (done) return;
    }
  }

  /** A solution without the rows whose weight is 0: where the solution for the others is near. */
  without({ tasks, duals, intercepts }: Solution, rowWeights: readonly Float32Array[]): Solution {
    const [rows, { classes }] = [this.#size, this.#rows];
    const kept = duals.map((dual, i) => (rowWeights[Math.floor(i / (rows * classes))]![i % rows] ? dual : 0));
    const full = [tasks, classes, rows];
    // Where no row counts, the gradient is the duals themselves.
    const none = { logits: new Float32Array(kept.length), rowWeights: new Float32Array(tasks * rows) };
    const { gradientProducts } = this.#gradient.run(
      {
        duals: this.#tensor(kept, full),
        logits: this.#tensor(none.logits, full),
        rowWeights: this.#tensor(none.rowWeights, [tasks, 1, rows]),
      },
      { gradientProducts: null },
    );
    const logits = (gradientProducts!.data as Float32Array).map(
      (product, i) => product + intercepts[Math.floor(i / rows)]!,
    );
    return { tasks, duals: kept, intercepts, logits };
  }

  /** (tasks, classes, columns) */
  weights({ tasks, duals }: Solution): Float32Array {
    const session = new Session(weightsGraph(this.#rows), { provider: 'cpu', workload: 'once' });
    try {
      const feeds = { duals: this.#tensor(duals, [tasks, this.#rows.classes, this.#size]) };
      return session.run(feeds).weights!.data as Float32Array;
    } finally {
      session.dispose();
    }
  }

  #tensor(data: Float32Array, shape: readonly number[]) {
    return tensorOf(data, 'float32', shape);
  }

  dispose(): void {
    this.#gradient.dispose();
    this.#line.dispose();
  }
}

/** The objective of zeros: every class is as probable. */
const atZeros = ({ rowWeights, c }: Task, classes: number) =>
  c * Math.log(classes) * rowWeights.reduce((sum, weight) => sum + weight, 0);

/** C times the row weights, (tasks, rows). */
function penalized(tasks: readonly Task[]): Float32Array {
  const size = tasks[0]!.rowWeights.length;
  const out = new Float32Array(tasks.length * size);
  tasks.forEach(({ rowWeights, c }, t) => {
    for (let i = 0; i < size; i++) out[t * size + i] = c * rowWeights[i]!;
  });
  return out;
}

type Position = Pick<Solution, 'duals' | 'logits' | 'intercepts'>;

/** Vector arithmetic task by task, in the metric of X Xᵀ for duals and of a diagonal for intercepts. */
class Space {
  readonly #tasks: number;
  readonly #classes: number;
  readonly #rows: number;
  readonly #metric: Float64Array;

  /** @param curvature of the loss by each intercept: its metric */
  constructor(tasks: number, classes: number, rows: number, curvature: Float32Array) {
    this.#tasks = tasks;
    this.#classes = classes;
    this.#rows = rows;
    // A class without rows has none.
    this.#metric = Float64Array.from(curvature, (value) => Math.max(value, 1e-6));
  }

  setIntercepts({ intercepts }: Vector, derivatives: Float32Array): void {
    for (let i = 0; i < intercepts.length; i++) intercepts[i] = derivatives[i]! / this.#metric[i]!;
  }

  dot(a: Vector, b: Vector): Float64Array {
    const block = this.#classes * this.#rows;
    return Float64Array.from({ length: this.#tasks }, (_, t) => {
      let sum = dot(a.duals, b.products, t * block, (t + 1) * block);
      for (let k = t * this.#classes; k < (t + 1) * this.#classes; k++)
        sum += a.intercepts[k]! * b.intercepts[k]! * this.#metric[k]!;
      return sum;
    });
  }

  /** ‖W‖² = Σ A (logits - b), per task. */
  penalty({ duals, logits, intercepts }: Position): Float64Array {
    const sums = new Float64Array(this.#tasks);
    for (let k = 0; k < this.#tasks * this.#classes; k++) {
      const b = intercepts[k]!;
      let sum = 0;
      for (let i = k * this.#rows; i < (k + 1) * this.#rows; i++) sum += duals[i]! * (logits[i]! - b);
      sums[Math.floor(k / this.#classes)]! += sum;
    }
    return sums;
  }

  /** y += a x, with a per task. */
  add(y: Vector, a: ArrayLike<number>, x: Vector): void {
    for (const part of PARTS) addScaled(y[part], a, x[part]);
  }

  /** Makes the step of each task. */
  move({ duals, logits, intercepts }: Position, direction: Vector, step: Float32Array): void {
    addScaled(duals, step, direction.duals);
    addScaled(intercepts, step, direction.intercepts);
    for (let k = 0; k < this.#tasks * this.#classes; k++) {
      const s = step[Math.floor(k / this.#classes)]!;
      const b = direction.intercepts[k]!;
      for (let i = k * this.#rows; i < (k + 1) * this.#rows; i++)
        logits[i]! += s * (direction.products[i]! + b);
    }
  }
}

const PARTS = ['duals', 'products', 'intercepts'] as const;

function dot(a: Float32Array, b: Float32Array, from: number, end: number): number {
  // Two sums, for two additions at a time.
  let [even, odd] = [0, 0];
  let i = from;
  for (; i + 1 < end; i += 2) {
    even += a[i]! * b[i]!;
    odd += a[i + 1]! * b[i + 1]!;
  }
  return i < end ? even + odd + a[i]! * b[i]! : even + odd;
}

function addScaled(y: Float32Array, a: ArrayLike<number>, x: Float32Array): void {
  const block = y.length / a.length;
  for (let t = 0; t < a.length; t++) {
    const scale = a[t]!;
    for (let i = t * block; i < (t + 1) * block; i++) y[i]! += scale * x[i]!;
  }
}

interface Turn {
  /** The last direction, which becomes the next. */
  readonly direction: Vector;
  readonly gradient: Vector;
  readonly previous: Vector;
  /** The squared lengths of both gradients, and the step that lay between them, per task. */
  readonly squared: Float64Array;
  readonly before: Float64Array;
  readonly step: Float32Array;
}

/**
 * The direction of BFGS with a memory of one pair (Nocedal and Wright, Numerical Optimization, 7.2): with s = step
 * direction and y = gradient - previous, -gradient - a y + (a - b) s.
 */
function turn(space: Space, { direction, gradient, previous, squared, before, step }: Turn): void {
  const now = space.dot(direction, gradient);
  const then = space.dot(direction, previous);
  const across = space.dot(gradient, previous);
  const scales = Array.from(step, (s, t) => {
    const sy = s * (now[t]! - then[t]!);
    // A task that does not move has nothing to learn from its last step.
    if (!(sy > 0)) return { gradient: -1, previous: 0, direction: 0 };
    const a = (-s * now[t]!) / sy;
    const yg = squared[t]! - across[t]!;
    const yy = squared[t]! - 2 * across[t]! + before[t]!;
    const b = (-yg - a * yy) / sy;
    return { gradient: -1 - a, previous: a, direction: (a - b) * s };
  });
  for (const part of PARTS) {
    const [d, g, p] = [direction[part], gradient[part], previous[part]];
    const block = d.length / scales.length;
    scales.forEach((scale, t) => {
      for (let i = t * block; i < (t + 1) * block; i++)
        d[i] = scale.gradient * g[i]! + scale.previous * p[i]! + scale.direction * d[i]!;
    });
  }
}
