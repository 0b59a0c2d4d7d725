// Cuts out of the recorded graph what leads to some buffers. The result, a `Program`, is data: calls in an order
// that can run, with every buffer named by a slot. Its key says everything that its ONNX graph depends on except
// the elements of its inputs, so equal programs share one session.

import type { Buffer, Call, CallType, Elements, TensorSpec } from './buffer.ts';

/** A call with its inputs and outputs as slots. */
export interface Step {
  readonly type: Pick<CallType, 'kernel' | 'attributes' | 'inputNames' | 'outputs'> & {
    readonly id?: number;
  };
  readonly inputs: readonly number[];
  /** The slot of each output; -1 where nobody needs it. */
  readonly outputs: readonly number[];
  /** Where in the user's code the call was made, if that was asked for. */
  readonly line?: () => string;
}

export interface Constant extends TensorSpec {
  readonly slot: number;
  readonly elements: Elements;
  readonly buffer: Buffer;
}

export interface Program {
  readonly key: string;
  /** The buffers that are fed, and their slots. */
  readonly inputs: readonly { readonly buffer: Buffer; readonly slot: number }[];
  readonly constants: readonly Constant[];
  readonly steps: readonly Step[];
  /** The slots of the buffers that were asked for, in their order. */
  readonly outputs: readonly number[];
}

/**
 * The program that computes `roots`. Buffers that hold elements are its inputs, or with `isConstant` part of it;
 * a constant's elements are not in the key, so programs with constants are not for the cache.
 */
export function capture(
  roots: readonly Buffer[],
  isConstant: (buffer: Buffer) => boolean = () => false,
): Program {
  const slots = new Map<Buffer, number>();
  const ordered = order(roots);
  const inputs: Program['inputs'][number][] = [];
  const constants: Constant[] = [];
  const steps: Step[] = [];
  const key: (string | number)[] = [];
  let next = 0;

  const slotOf = (buffer: Buffer): number => {
    let slot = slots.get(buffer);
    if (slot !== undefined) return slot;
    slot = next++;
    slots.set(buffer, slot);
    if (buffer.call) return slot;
    const { dtype, shape } = buffer as TensorSpec;
    if (isConstant(buffer)) {
      constants.push({ slot, dtype, shape, elements: buffer.elements!, buffer });
    } else {
      inputs.push({ buffer, slot });
      key.push(`${slot}:${dtype}[${shape.join()}]`);
    }
    return slot;
  };

  for (const { call, outputs } of ordered) {
    const step: Step = {
      type: call.type,
      inputs: call.inputs.map(slotOf),
      outputs: outputs.map((buffer) => (buffer ? slotOf(buffer) : -1)),
      ...(call.line ? { line: call.line } : {}),
    };
    steps.push(step);
    key.push(call.type.id, step.inputs.join(), step.outputs.join());
  }
  const outputs = roots.map(slotOf);
  key.push('>', outputs.join());
  return { key: key.join(';'), inputs, constants, steps, outputs };
}

interface Ordered {
  readonly call: Call;
  readonly outputs: (Buffer | undefined)[];
}

/** The calls behind some buffers, each after those it needs. Iterative: a graph may be thousands of calls deep. */
function order(roots: readonly Buffer[]): Ordered[] {
  const seen = new Map<Call, Ordered>();
  const ordered: Ordered[] = [];
  const stack: { readonly call: Call; next: number }[] = [];
  const enter = (buffer: Buffer) => {
    const { call } = buffer;
    if (!call) return;
    let entry = seen.get(call);
    if (!entry) {
      entry = { call, outputs: call.type.outputs.map(() => undefined) };
      seen.set(call, entry);
      stack.push({ call, next: 0 });
    }
    entry.outputs[buffer.outputIndex] = buffer;
  };
  for (const root of roots) {
    enter(root);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (top.next < top.call.inputs.length) {
        enter(top.call.inputs[top.next++]!);
      } else {
        stack.pop();
        ordered.push(seen.get(top.call)!);
      }
    }
  }
  return ordered;
}
