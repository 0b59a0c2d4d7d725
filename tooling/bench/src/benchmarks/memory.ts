// Whether memory stays flat over many training steps: the slope of resident memory after the first steps, by least
// squares, for compiled and for eager steps, and for steps that each have a signature of their own.

import { join } from 'node:path';
import { mean } from '@sightline/metrics';
import { runProgram } from '@sightline/peers';
import type { Benchmark } from '../benchmark.ts';
import type { Sample } from '../contenders/memory.ts';
import { places } from '../places.ts';
import { figure } from '../table.ts';

const STEPS = 20_000;
/** Steps that each make a session and have one released. */
const SIZES = 5000;
const WAYS = { compiled: STEPS, eager: STEPS, sizes: SIZES };
const EVERY = 250;
/** Steps in which code is compiled and caches fill. */
const WARM_UP = 1000;
/** A share of resident memory: what the allocator moves by itself, in steps of some hundred kilobytes. */
const FLAT = 0.01;
/**
 * The share of resident memory per session, where each step makes one of another size and the cache holds this many:
 * the allocator's holes grow, ever more slowly, for thousands of steps.
 */
const FLAT_OF_SESSION = 0.01;
const SESSIONS = 256;

/** The slope of the line through points that has the least squares. */
export function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const [mx, my] = [mean(points.map((p) => p.x)), mean(points.map((p) => p.y))];
  const above = points.reduce((sum, p) => sum + (p.x - mx) * (p.y - my), 0);
  return above / points.reduce((sum, p) => sum + (p.x - mx) ** 2, 0);
}

export const memory: Benchmark = {
  title: `resident memory over ${STEPS.toLocaleString('en-US')} compiled and as many eager steps, and ${SIZES.toLocaleString('en-US')} of as many sizes`,
  async run() {
    const rows: string[][] = [];
    const measurements: Record<string, unknown> = {};
    for (const [way, steps] of Object.entries(WAYS)) {
      const program = join(places.bench, 'src/contenders/memory.ts');
      const args = [...process.execArgv, '--expose-gc', program, way, String(steps), String(EVERY)];
      const printed = await runProgram(process.execPath, args);
      const samples = JSON.parse(printed.trim().split('\n').at(-1)!) as Sample[];
      const after = samples.filter(({ step }) => step >= WARM_UP);
      const slopeFrom = (start: number) =>
        slope(
          samples.filter(({ step }) => step >= start).map(({ step, resident }) => ({ x: step, y: resident })),
        );
      const [whole, half] = [slopeFrom(WARM_UP), slopeFrom(steps / 2)];
      const [first, last] = [after[0]!, after.at(-1)!];
      const limit =
        way === 'sizes' ? (FLAT_OF_SESSION * last.resident) / SESSIONS : (FLAT * last.resident) / (steps / 2);
      measurements[way] = { bytesAStep: whole, bytesAStepOfSecondHalf: half, samples };
      rows.push([
        way,
        steps.toLocaleString('en-US'),
        `${figure(first.resident / 2 ** 20)} MB`,
        `${figure(last.resident / 2 ** 20)} MB`,
        `${whole.toFixed(1)} bytes`,
        `${half.toFixed(1)} bytes`,
        `${last.tensors - first.tensors}`,
        half < limit ? 'flat' : 'GROWS',
      ]);
    }
    const columns = [
      '',
      'steps',
      `after ${WARM_UP}`,
      'after all',
      'slope a step',
      'in the second half',
      'tensors more',
      '',
    ];
    return { table: { columns, rows }, measurements, software: {}, notes: [] };
  },
};
