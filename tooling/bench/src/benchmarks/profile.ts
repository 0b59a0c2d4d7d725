// Where the time of the baseline's training step goes: ONNX Runtime's own profile, node by node, and what a step
// costs beside the session (JavaScript: tensors in, loss out).

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { seedNetwork, selectEngine } from '@sightline/models';
import { compile } from '@sightline/tfjs-onnxruntime';
import type { Benchmark } from '../benchmark.ts';
import { trainingCases } from '../networks.ts';
import { median } from '../statistics.ts';
import { binaryStep, runStep } from '../step.ts';
import { figure } from '../table.ts';

/** Of ONNX Runtime's profile, a Chrome trace: an event a session run, and one a node in it. Times in microseconds. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly op_name?: string; readonly input_type_shape?: Record<string, number[]>[] };
}

export interface NodeTime {
  readonly node: string;
  readonly op: string;
  /** Shapes of the inputs, '128x4096x3'. */
  readonly inputs: readonly string[];
  /** Milliseconds of one step. */
  readonly ms: number;
}

const WARM_UP = 20;
const SHOWN = 20;

/** Milliseconds by node, the most costly first; of each node the median over the runs. */
export function timesByNode(events: readonly ProfileEvent[], skip: number): NodeTime[] {
  const nodes = new Map<string, { event: ProfileEvent; times: number[] }>();
  for (const event of events) {
    if (event.cat !== 'Node' || !event.name.endsWith('_kernel_time')) continue;
    const name = event.name.slice(0, -'_kernel_time'.length);
    const entry = nodes.get(name) ?? { event, times: [] };
    entry.times.push(event.dur);
    nodes.set(name, entry);
  }
  return [...nodes]
    .map(([node, { event, times }]) => ({
      node,
      op: event.args?.op_name ?? '',
      inputs: (event.args?.input_type_shape ?? []).flatMap((input) =>
        Object.values(input).map((shape) => shape.join('x')),
      ),
      ms: median(times.slice(skip)) / 1000,
    }))
    .sort((a, b) => b.ms - a.ms);
}

export const profile: Benchmark = {
  title: "ONNX Runtime's profile of the baseline's training step, by node",
  async run({ rounds = 200 }) {
    const { network, shape, batch } = trainingCases.baseline;
    await selectEngine('onnxruntime');
    const model = await seedNetwork(network(shape, 2), 1);
    const folder = await mkdtemp(join(tmpdir(), 'sightline-profile-'));
    const step = compile(binaryStep(model, 1e-4), { profile: join(folder, 'step') });
    const x = Float32Array.from({ length: batch * 64 * 64 * 3 }, Math.random);
    const y = Float32Array.from({ length: batch }, () => Math.round(Math.random()));
    const walls: number[] = [];
    for (let i = 0; i < WARM_UP + rounds; i++) {
      const began = performance.now();
      runStep(step, x, [batch, ...shape], y);
      if (i >= WARM_UP) walls.push(performance.now() - began);
    }
    step.dispose();

    const events = await readProfile(folder);
    const runs = events.filter(({ cat, name }) => cat === 'Session' && name === 'model_run');
    const nodes = timesByNode(events, runs.length - rounds);
    const [wall, session] = [median(walls), median(runs.slice(-rounds).map(({ dur }) => dur / 1000))];
    const total = nodes.reduce((sum, { ms }) => sum + ms, 0);
    const rows = nodes
      .slice(0, SHOWN)
      .map(({ node, op, inputs, ms }) => [
        node,
        op,
        inputs.join(' '),
        ms.toFixed(3),
        `${((ms / total) * 100).toFixed(1)}%`,
      ]);
    return {
      table: { columns: ['node', 'operator', 'inputs', 'ms', 'of all'], rows },
      measurements: { ms: { step: wall, session, nodes: total, javascript: wall - session }, nodes },
      software: {},
      notes: [
        `A step takes ${figure(wall)} ms (${figure((batch / wall) * 1000)} images/s, while being profiled): ` +
          `${nodes.length} nodes ${figure(total)} ms, the session ${figure(session)} ms, ` +
          `JavaScript around it ${figure(wall - session)} ms.`,
      ],
    };
  },
};

async function readProfile(folder: string): Promise<ProfileEvent[]> {
  const [file] = await readdir(folder);
  if (!file) throw new SightlineError('usage', 'ONNX Runtime wrote no profile: the step was not compiled.');
  const events = JSON.parse(await readFile(join(folder, file), 'utf8')) as ProfileEvent[];
  await rm(folder, { recursive: true });
  return events;
}
