// Runs updates on arrays that lie in one WebAssembly memory: the updated variables live there, and ONNX Runtime writes
// the gradients there.

import { sizeFromShape } from '../graph/buffer.ts';
import type { Update } from './split-updates.ts';
import { printKernel, type UpdateKernel } from './update-kernel.ts';
import { encodeKernels, LANE_BYTES } from './wasm-module.ts';
import { Instance, Memory, Module } from './web-assembly.ts';

const PAGE_BYTES = 2 ** 16;
/** WebAssembly's addresses are 32 bits; half of them are enough. */
const MOST_BYTES = 2 ** 31;

type Run = (bytes: number, ...addressesAndScalars: number[]) => void;

interface Placed {
  readonly update: Update;
  readonly bytes: number;
  readonly addresses: readonly number[];
  readonly run: Run;
}

export class UpdateRunner {
  /** The arrays of updated variables, by their position among those written. */
  readonly variables = new Map<number, Float32Array>();
  /** The arrays that outputs of the program are written to. */
  readonly outputs = new Map<number, Float32Array>();
  /** Outputs whose values are scalars of updates. */
  readonly scalars: ReadonlySet<number>;
  readonly #placed: readonly Placed[];

  /** Throws RangeError where there is not memory enough. */
  constructor(updates: readonly Update[]) {
    let total = 0;
    const layout = updates.map((update) => {
      const bytes = Math.ceil((4 * sizeFromShape(update.shape)) / LANE_BYTES) * LANE_BYTES;
      const addresses = update.arrays.map((_, k) => total + k * bytes);
      total += bytes * update.arrays.length;
      return { update, bytes, addresses };
    });
    if (total > MOST_BYTES) throw new RangeError(`Updates of ${total} bytes are too large for one memory.`);
    const pages = Math.max(1, Math.ceil(total / PAGE_BYTES));
    const memory = new Memory({ initial: pages, maximum: pages });

    const kernels = new Map<string, { readonly kernel: UpdateKernel; readonly position: number }>();
    for (const { kernel } of updates) {
      const key = JSON.stringify(kernel);
      if (!kernels.has(key)) kernels.set(key, { kernel, position: kernels.size });
    }
    const bytes = encodeKernels([...kernels.values()].map(({ kernel }) => kernel));
    const { exports } = new Instance(new Module(bytes), { env: { memory } });
    this.#placed = layout.map((placed) => ({
      ...placed,
      run: exports[`${kernels.get(JSON.stringify(placed.update.kernel))!.position}`] as Run,
    }));
    for (const { update, addresses } of layout) {
      const size = sizeFromShape(update.shape);
      update.arrays.forEach((array, k) => {
        const elements = new Float32Array(memory.buffer, addresses[k], size);
        if ('written' in array) this.variables.set(array.written, elements);
        else this.outputs.set(array.output, elements);
      });
    }
    this.scalars = new Set(updates.flatMap((update) => update.scalars));
  }

  /** Updates the variables; `scalar` gives the value of an output. */
  run(scalar: (output: number) => number): void {
    for (const { update, bytes, addresses, run } of this.#placed) {
      run(bytes, ...addresses, ...update.scalars.map(scalar));
    }
  }

  /** The kernels, a line each. */
  print(): string {
    return this.#placed
      .map(({ update: { kernel, shape, arrays } }) => {
        const names = arrays.map((a) => ('written' in a ? `variable ${a.written}` : `%out_${a.output}`));
        return `  update float32[${shape.join(', ')}] (${names.join(', ')}): ${printKernel(kernel)}`;
      })
      .join('\n');
  }
}
