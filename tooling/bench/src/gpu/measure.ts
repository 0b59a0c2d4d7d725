// The measurements of `npm run gpu`: an engine beside onnxruntime on cpu, each in a process of its own.

import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { type Child, startChild } from '../child.ts';
import { compare } from '../comparison.ts';
import { places } from '../places.ts';
import { figure } from '../table.ts';
import { type Answers, type Backbones, type GpuCaseName, gpuCases, type Request } from './protocol.ts';
import { type Candidate, candidateName, type Measurement } from './report.ts';

export interface Engine {
  readonly engine: string;
  readonly provider?: string;
}

export const CPU: Engine = { engine: 'onnxruntime', provider: 'cpu' };

/**
 * The difference allowed for losses of the first steps, and for features over the largest. All compute in float32, but by
 * default NVIDIA's cards round the factors of convolutions and products to 10 bits (TF32): 5e-4 of each, less in a sum
 * of many.
 */
const TOLERANCE = 2e-3;

/** How much is done: enough for a rate on a GPU, or, without rates, as little as shows that everything runs. */
const SIZES = {
  full: { size: 64, lossBatch: 8, losses: 4, images: 64, timed: { steps: 10, rounds: 5 } },
  quick: { size: 32, lossBatch: 2, losses: 2, images: 1, timed: undefined },
} as const;

const BACKBONES: readonly { backbone: Backbones; size: number }[] = [
  { backbone: 'vgg16', size: 64 },
  { backbone: 'efficientnet-lite0', size: 224 },
];

type Opened =
  | { readonly child: Child; readonly device: string }
  | { readonly missing: string; readonly child?: Child };

/** Starts an engine's process and lets it look for its device. */
export async function open({ engine, provider }: Engine, inSoftware: boolean): Promise<Opened> {
  try {
    const program = join(places.bench, 'src/contenders/gpu.ts');
    const child = await startChild(
      candidateName({ engine, ...(provider ? { provider } : {}) }),
      process.execPath,
      [...process.execArgv, program, engine, ...(provider ? [provider] : [])],
    );
    const opened = await ask(child, 'open', { inSoftware });
    return 'missing' in opened ? { ...opened, child } : { child, device: opened.device };
  } catch (error) {
    // A process that died while it looked for a device has no device either.
    if (!(error instanceof SightlineError)) throw error;
    return { missing: error.message };
  }
}

const ask = <K extends keyof Answers>(child: Child, what: K, request: Request<K>): Promise<Answers[K]> =>
  child.ask<Answers[K]>({ do: what, ...request });

/** Everything of one engine. What fails is noted, and the rest goes on as long as the process lives. */
export async function measure(
  which: Engine,
  opened: Opened,
  cpu: Opened,
  { isQuick }: { readonly isQuick: boolean },
): Promise<Candidate> {
  if ('missing' in opened) throw new TypeError(`${candidateName(which)} is not open.`);
  if ('missing' in cpu) throw new SightlineError('engine-missing', `onnxruntime on cpu: ${cpu.missing}`);
  const measurements: Measurement[] = [];
  const failures: string[] = [];
  const work = [
    ...(Object.keys(gpuCases) as GpuCaseName[]).map((name) => ({
      what: `${name}, training step`,
      run: () => trainingStep(name, opened.child, cpu.child, isQuick),
    })),
    // Features are ONNX Runtime's, whichever engine trains.
    ...(which.engine === 'onnxruntime' ? BACKBONES : []).map(({ backbone, size }) => ({
      what: `${backbone}, features`,
      run: () => features(backbone, size, opened.child, cpu.child, isQuick),
    })),
  ];
  for (const { what, run } of work) {
    try {
      const measurement = { what, ...(await run()) };
      measurements.push(measurement);
      const rate = measurement.rate === undefined ? 'done' : `${figure(measurement.rate)} images/s`;
      console.error(`${candidateName(which)}: ${what}, ${rate}`);
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      failures.push(`${what}: ${inShort(error.message)}`);
      break;
    }
  }
  return { ...which, device: opened.device, measurements, failures };
}

/** The first line, and the one that names an error. */
function inShort(message: string): string {
  const [first, ...more] = message.split('\n');
  return [first, more.find((line) => /error/i.test(line))].filter(Boolean).join(' ');
}

type Measured = Omit<Measurement, 'what'>;

async function trainingStep(name: GpuCaseName, gpu: Child, cpu: Child, isQuick: boolean): Promise<Measured> {
  const { size, lossBatch, losses, timed } = SIZES[isQuick ? 'quick' : 'full'];
  const request = { name, batch: lossBatch, size, count: losses };
  const got = await ask(gpu, 'losses', request);
  const expected = await ask(cpu, 'losses', request);
  const batch = timed ? gpuCases[name].batch : lossBatch;
  return {
    batch,
    difference: largestDifference(got.losses, expected.losses),
    tolerance: TOLERANCE,
    ...(timed ? await timeSteps(gpu, cpu, { name, batch, size, count: timed.steps }, timed.rounds) : {}),
    ...(got.nodes ? { nodes: got.nodes, strays: got.strays ?? [] } : {}),
  };
}

async function timeSteps(
  gpu: Child,
  cpu: Child,
  request: Request<'time'>,
  rounds: number,
): Promise<Pick<Measured, 'rate' | 'ratio'>> {
  const contender = (child: Child) => ({
    name: child.name,
    time: async () => (await ask(child, 'time', request)).seconds,
  });
  const { ours, ratio } = await compare(contender(gpu), contender(cpu), {
    what: request.name,
    unit: 'images/s',
    amount: request.count * request.batch,
    rounds,
    warmUp: 2,
  });
  return { rate: ours.median, ratio: ratio.median };
}

async function features(
  backbone: Backbones,
  size: number,
  gpu: Child,
  cpu: Child,
  isQuick: boolean,
): Promise<Measured> {
  const { images } = SIZES[isQuick ? 'quick' : 'full'];
  const request = { backbone, images, size };
  const got = await ask(gpu, 'features', request);
  const expected = await ask(cpu, 'features', request);
  const largest = expected.features.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return {
    batch: images,
    difference: largestDifference(got.features, expected.features) / largest,
    tolerance: TOLERANCE,
    ...(isQuick ? {} : { rate: images / got.seconds, ratio: expected.seconds / got.seconds }),
  };
}

/** The largest of the differences; infinite where one is not a number. */
function largestDifference(got: readonly number[], expected: readonly number[]): number {
  return expected.reduce((largest, value, i) => {
    const difference = Math.abs((got[i] ?? Number.NaN) - value);
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }, 0);
}
