// Which maps a depthwise convolution or one of its gradients reads, which compute in blocks of channels (see
// lowering/blocked-maps.ts).

import type { Program, Step } from './capture.ts';
import { inputOf, ProgramGraph } from './rewrite/program-graph.ts';

/** The input of kernels that compute in blocks what is read in blocks. */
const ELEMENTWISE: Readonly<Record<string, string>> = {
  CappedRelu: 'x',
  ClipGrad: 'dy',
  Relu: 'x',
  ReluGrad: 'dy',
};

/** Their slots. */
export function readInBlocks(program: Program): ReadonlySet<number> {
  const graph = new ProgramGraph(program);
  const slots = new Set<number>();
  const add = (step: Step, name: string) => {
    const slot = inputOf(step, name);
    if (slot !== undefined) slots.add(slot);
  };
  for (const step of program.steps.toReversed()) {
    const { kernel } = step.type;
    const through = ELEMENTWISE[kernel];
    if (through && slots.has(step.outputs[0]!)) add(step, through);
    if (kernel.includes('Depthwise') && hasOneOutputPerChannel(graph, step)) {
      add(step, 'x');
      add(step, 'dy');
    }
  }
  return slots;
}

function hasOneOutputPerChannel(graph: ProgramGraph, step: Step): boolean {
  const { filterShape } = step.type.attributes as { filterShape?: readonly number[] };
  const filter = inputOf(step, 'filter');
  return (filterShape ?? graph.spec(filter!).shape)[3] === 1;
}
