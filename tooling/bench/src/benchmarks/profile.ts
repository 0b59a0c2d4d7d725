// Where the time of a training step goes: ONNX Runtime's own profile, by operator and by what operators are given, and
// what a step costs beside the session (JavaScript: tensors in, loss out).

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { seedNetwork, selectEngine } from '@sightline/models';
import { sizeOf } from '@sightline/onnx';
import { compile } from '@sightline/tfjs-onnxruntime';
import type { Benchmark, Result } from '../benchmark.ts';
import { type TrainingCaseName, trainingCases } from '../networks.ts';
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

/** Steps that are measured: some seconds. */
const ROUNDS: Readonly<Record<TrainingCaseName, number>> = {
  baseline: 200,
  'dense-backend': 200,
  residual: 15,
  vgg16: 10,
  lite0: 15,
};
const WARM_UP = 5;
/** Of operators, and of operators with what they are given. */
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

/** Nodes of one kind. */
export interface KindTime {
  readonly kind: string;
  readonly nodes: number;
  readonly ms: number;
}

/** Sums over nodes of one kind, the most costly first. */
export function timesByKind(nodes: readonly NodeTime[], kindOf: (node: NodeTime) => string): KindTime[] {
  return [...Map.groupBy(nodes, kindOf)]
    .map(([kind, all]) => ({ kind, nodes: all.length, ms: all.reduce((sum, { ms }) => sum + ms, 0) }))
    .sort((a, b) => b.ms - a.ms);
}

export const profile: Benchmark = {
  title: "ONNX Runtime's profile of an experiment's training step, the baseline's by default",
  async run({ rounds, experiment = 'baseline' }) {
    if (!Object.hasOwn(trainingCases, experiment)) {
      const names = Object.keys(trainingCases).join(', ');
      throw new SightlineError('usage', `--experiment takes one of ${names}, but got ${experiment}.`);
    }
    const name = experiment as TrainingCaseName;
    return profiled(name, rounds ?? ROUNDS[name]);
  },
};

async function profiled(name: TrainingCaseName, rounds: number): Promise<Result> {
  const { network, shape, batch } = trainingCases[name];
  await selectEngine('onnxruntime');
  const model = await seedNetwork(network(shape, 2), 1);
  const folder = await mkdtemp(join(tmpdir(), 'sightline-profile-'));
  const step = compile(binaryStep(model, 1e-4), { profile: join(folder, 'step') });
  const x = Float32Array.from({ length: batch * sizeOf(shape)! }, Math.random);
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
  const kinds = [({ op }: NodeTime) => op, ({ op, inputs }: NodeTime) => `${op} ${inputs.join(' ')}`];
  const rows = kinds.flatMap((kindOf) =>
    timesByKind(nodes, kindOf)
      .slice(0, SHOWN)
      .map((all) => [all.kind, `${all.nodes}`, all.ms.toFixed(3), `${((all.ms / total) * 100).toFixed(1)}%`]),
  );
  return {
    table: { columns: ['operator, then with its inputs', 'nodes', 'ms', 'of all'], rows },
    measurements: { ms: { step: wall, session, nodes: total, javascript: wall - session }, nodes },
    software: {},
    notes: [
      `A step takes ${figure(wall)} ms (${figure((batch / wall) * 1000)} images/s, while being profiled): ` +
        `${nodes.length} nodes ${figure(total)} ms, the session ${figure(session)} ms, ` +
        `JavaScript around it ${figure(wall - session)} ms.`,
    ],
  };
}

/** The profile of the session that ran most often: a step may need a second one. */
async function readProfile(folder: string): Promise<ProfileEvent[]> {
  const files = await readdir(folder);
  const profiles = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as ProfileEvent[]),
  );
  await rm(folder, { recursive: true });
  const runs = (events: ProfileEvent[]) => events.filter(({ name }) => name === 'model_run').length;
  const [most] = profiles.sort((a, b) => runs(b) - runs(a));
  if (!most) throw new SightlineError('usage', 'ONNX Runtime wrote no profile: the step was not compiled.');
  return most;
}
