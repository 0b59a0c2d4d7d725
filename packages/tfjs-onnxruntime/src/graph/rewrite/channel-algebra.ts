// Batch normalization and its gradient as TensorFlow.js spells them out are a dozen passes over feature maps: sums,
// differences, and products with channel vectors. This rewrite follows them as *forms* (see channel-form.ts) and
// computes a feature map only when something else reads it, by one ChannelAffine; sums over images and pixels of a
// form become sums of its vectors (see channel-sums.ts).
//
// A difference from a channel vector, x - mean(x), is a base of its own, and so are variances sums of squares of
// differences: written out in x they would lose their digits where the mean is large.
//
// Only shapes whose mean over images and pixels is taken are followed.

import type { Program, Step } from '../capture.ts';
import {
  addForms,
  baseForm,
  type ChannelForm,
  type ChannelVector,
  isLinear,
  isNumber,
  type LinearForm,
  offsetForm,
  plainBase,
  scaleForm,
  ZERO,
} from './channel-form.ts';
import { ChannelSums } from './channel-sums.ts';
import { ChannelVectors } from './channel-vectors.ts';
import { inputOf, makeStep, ProgramGraph } from './program-graph.ts';

/** A form of more terms is computed, and is a base from then on. */
const MOST_TERMS = 3;
/** Fewer channels or rows are not worth it. */
const FEWEST_CHANNELS = 4;
const FEWEST_ROWS = 1024;

export function channelAlgebra(program: Program): Program {
  const graph = new ProgramGraph(program);
  const shapes = new Set<string>();
  for (const step of program.steps) {
    if (step.type.kernel !== 'Mean' || !foldsRows(graph, step)) continue;
    const { shape } = graph.spec(step.inputs[0]!);
    const channels = shape.at(-1)!;
    const rows = shape.reduce((n, dim) => n * dim, 1) / channels;
    if (channels >= FEWEST_CHANNELS && rows >= FEWEST_ROWS) shapes.add(shape.join());
  }
  return shapes.size === 0 ? program : new ChannelAlgebra(graph, shapes).rewrite();
}

/** Whether a Sum or Mean is over all axes but the last. */
function foldsRows(graph: ProgramGraph, { type, inputs }: Step): boolean {
  const { axis, keepDims } = type.attributes as { axis?: unknown; keepDims?: boolean };
  const { dtype, shape } = graph.spec(inputs[0]!);
  const wanted = shape.slice(0, -1).map((_, i) => i);
  return (
    dtype === 'float32' &&
    !keepDims &&
    wanted.length > 0 &&
    Array.isArray(axis) &&
    axis.join() === wanted.join()
  );
}

class ChannelAlgebra {
  readonly #graph: ProgramGraph;
  readonly #shapes: ReadonlySet<string>;
  readonly #steps: Step[] = [];
  readonly #vectors: ChannelVectors;
  readonly #sums: ChannelSums;
  /** What is not computed yet, with the step that would. */
  readonly #pending = new Map<number, { readonly form: ChannelForm; readonly step: Step }>();
  /** Slots that are other slots. */
  readonly #same = new Map<number, number>();
  /** Differences `base vector`. */
  readonly #centered = new Map<string, number>();

  constructor(graph: ProgramGraph, shapes: ReadonlySet<string>) {
    this.#graph = graph;
    this.#shapes = shapes;
    this.#vectors = new ChannelVectors(
      graph,
      (step) => this.#steps.push(step),
      (slot) => this.#same.get(slot) ?? slot,
    );
    this.#sums = new ChannelSums(graph, this.#vectors);
  }

  rewrite(): Program {
    const { program } = this.#graph;
    for (const step of program.steps) this.#visit(step);
    const outputs = program.outputs.map((slot) => this.#computed(slot));
    return {
      ...program,
      steps: this.#steps,
      constants: [...program.constants, ...this.#vectors.constants],
      outputs,
    };
  }

  #visit(step: Step): void {
    const [out] = step.outputs as [number];
    const { kernel } = step.type;
    if (
      (kernel === 'Sum' || kernel === 'Mean') &&
      this.#isTall(step.inputs[0]!) &&
      foldsRows(this.#graph, step)
    ) {
      const sum = this.#sum(step);
      if (sum !== undefined) {
        this.#same.set(out, sum);
        return;
      }
    } else if (step.outputs.length === 1 && this.#isTall(out)) {
      const form = this.#form(step);
      if (form) {
        if (plainBase(form) !== out) this.#pending.set(out, { form, step });
        if (isLinear(form) && form.terms.size > MOST_TERMS) this.#computed(out);
        return;
      }
    }
    this.#emit(step);
  }

  #isTall(slot: number): boolean {
    const { dtype, shape } = this.#graph.spec(slot);
    return dtype === 'float32' && this.#shapes.has(shape.join());
  }

  #emit(step: Step): void {
    const inputs = step.inputs.map((slot) => this.#computed(slot));
    this.#steps.push({ ...step, inputs });
  }

  /** The slot of a value that is needed as it is. */
  #computed(slot: number): number {
    const pending = this.#pending.get(slot);
    if (!pending) return this.#same.get(slot) ?? slot;
    this.#pending.delete(slot);
    const { form, step } = pending;
    const base = plainBase(form);
    if (base !== undefined) {
      this.#same.set(slot, base);
      return base;
    }
    if (!isLinear(form) || form.terms.size === 0) this.#emit(step);
    else this.#steps.push(this.#affine(form, slot));
    return slot;
  }

  #affine({ terms, offset }: LinearForm, slot: number): Step {
    const inputs: Record<string, number> = {};
    [...terms].forEach(([base, factor], i) => {
      inputs[`x${i}`] = base;
      if (!isNumber(factor, 1)) inputs[`a${i}`] = this.#vectors.write(factor);
    });
    if (!isNumber(offset, 0)) inputs.c = this.#vectors.write(offset);
    return makeStep('ChannelAffine', inputs, {}, slot, this.#graph.spec(slot));
  }

  /** A feature map or channel vector as a form. */
  #operand(slot: number, channels: number): ChannelForm | undefined {
    const pending = this.#pending.get(slot);
    if (pending) return pending.form;
    if (this.#isTall(slot)) {
      const number = this.#vectors.numberIn(slot);
      return number === undefined ? baseForm(this.#same.get(slot) ?? slot) : offsetForm({ scale: number });
    }
    const vector = this.#vectors.read(slot, channels);
    return vector && offsetForm(vector);
  }

  #form(step: Step): ChannelForm | undefined {
    const { kernel } = step.type;
    const channels = this.#graph.spec(step.outputs[0]!).shape.at(-1)!;
    const forms = step.inputs.map((slot) => this.#operand(slot, channels));
    if (kernel === 'FusedBatchNorm') return this.#normalized(step, channels);
    const [a, b] = forms;
    if (!a || !isLinear(a)) return undefined;
    if (kernel === 'Neg') return scaleForm(this.#vectors, a, { scale: -1 });
    if (kernel === 'Square') return a.terms.size > 0 ? { factors: [a, a] } : undefined;
    // Only where it is a vector: it would be repeated along axes that the form does not have.
    if (kernel === 'Tile' || kernel === 'BroadcastTo') return a.terms.size === 0 ? a : undefined;
    if (!b || !isLinear(b)) return undefined;
    if (kernel === 'Add') return addForms(this.#vectors, a, b);
    if (kernel === 'Multiply') return this.#product(a, b);
    if (kernel === 'Sub') {
      return (
        this.#difference(step, a, b) ?? addForms(this.#vectors, a, scaleForm(this.#vectors, b, { scale: -1 }))
      );
    }
    const isByNumber = b.terms.size === 0 && b.offset.slot === undefined;
    if (kernel === 'RealDiv' && isByNumber) return scaleForm(this.#vectors, a, { scale: 1 / b.offset.scale });
    return undefined;
  }

  #product(a: LinearForm, b: LinearForm): ChannelForm {
    if (a.terms.size === 0) return scaleForm(this.#vectors, b, a.offset);
    if (b.terms.size === 0) return scaleForm(this.#vectors, a, b.offset);
    return { factors: [a, b] };
  }

  /** A base minus a channel vector: a base of its own, computed at once. */
  #difference(step: Step, a: LinearForm, b: LinearForm): LinearForm | undefined {
    const base = plainBase(a);
    if (base === undefined || b.terms.size > 0 || b.offset.slot === undefined) return undefined;
    const key = `${base} ${b.offset.slot} ${b.offset.scale}`;
    let centered = this.#centered.get(key);
    if (centered === undefined) {
      centered = step.outputs[0]!;
      this.#centered.set(key, centered);
      this.#emit(step);
      const mean = this.#graph.maker(b.offset.slot, 'Mean');
      if (mean && b.offset.scale === 1 && mean.inputs[0] === base) this.#sums.toZero.add(centered);
    }
    return baseForm(centered);
  }

  /** Batch normalization by a mean that has been subtracted already. */
  #normalized(step: Step, channels: number): LinearForm | undefined {
    const read = (name: string): ChannelVector | undefined => {
      const slot = inputOf(step, name);
      return slot === undefined ? undefined : this.#vectors.read(slot, channels);
    };
    const x = this.#operand(inputOf(step, 'x')!, channels);
    const base = x && plainBase(x);
    const [mean, variance] = [read('mean'), read('variance')];
    if (base === undefined || !mean || !variance) return undefined;
    const centered = this.#centered.get(`${base} ${mean.slot} ${mean.scale}`);
    if (centered === undefined) return undefined;
    const { varianceEpsilon } = step.type.attributes as { varianceEpsilon: number };
    const shifted = this.#vectors.write(this.#vectors.add(variance, { scale: varianceEpsilon }));
    const inverse = { scale: 1, slot: this.#vectors.make('Rsqrt', { x: shifted }) };
    const scale = read('scale');
    const factor = scale ? this.#vectors.multiply(scale, inverse) : inverse;
    return { terms: new Map([[centered, factor]]), offset: read('offset') ?? ZERO };
  }

  /** The slot of a form's sum or mean over rows; `undefined` where the step itself does as well. */
  #sum(step: Step): number | undefined {
    const [slot] = step.inputs as [number];
    const form = this.#pending.get(slot)?.form;
    if (!form || plainBase(form) !== undefined) return undefined;
    const { shape } = this.#graph.spec(slot);
    const rows = shape.reduce((n, dim) => n * dim, 1) / shape.at(-1)!;
    const total = this.#sums.of(form, rows);
    const scale = step.type.kernel === 'Mean' ? 1 / rows : 1;
    const result = this.#vectors.multiply(total, { scale });
    if (result.slot === undefined) return this.#vectors.constant(result.scale, shape.at(-1)!);
    // Of scalars alone: the step knows to make a vector of them.
    return this.#vectors.specOf(result.slot).shape.length === 1 ? this.#vectors.write(result) : undefined;
  }
}
