// `model.fit` of tfjs-layers, unchanged, beside the same step compiled: what laziness alone gives, in images a second
// and in memory.

import { join } from 'node:path';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { startChild } from '../child.ts';
import { type Comparison, type Contender, compare } from '../comparison.ts';
import type { EagerCase } from '../contenders/plain-fit.ts';
import { places } from '../places.ts';

/** An epoch of `mnist-node` has more batches than the engine keeps sessions. */
const cases: Record<string, EagerCase & { readonly target: number }> = {
  baseline: { shape: [64, 64, 3], batch: 128, batches: 16, target: 0.5 },
  'mnist-node': { shape: [28, 28, 1], batch: 128, batches: 400, target: 0.5 },
};

export const eager: Benchmark = {
  title: "images/s of tfjs-layers' own model.fit, beside a compiled step",
  async run({ rounds = 3 }) {
    const comparisons: Comparison[] = [];
    for (const [name, { target, ...work }] of Object.entries(cases)) {
      const start = (way: 'fit' | 'batches') =>
        startChild(way, process.execPath, [
          ...process.execArgv,
          join(places.bench, 'src/contenders/plain-fit.ts'),
          ...[name, way, JSON.stringify(work)],
        ]);
      const [fit, steps] = [await start('fit'), await start('batches')];
      const contender = (label: string, child: typeof fit): Contender => ({
        name: label,
        time: async () => (await child.ask<{ seconds: number }>({ do: 'time' })).seconds,
      });
      const peak = async (child: typeof fit) => (await child.ask<{ bytes: number }>({ do: 'peak' })).bytes;
      try {
        const comparison = await compare(contender('model.fit', fit), contender('compiled step', steps), {
          what: name,
          unit: 'images/s',
          amount: work.batch * work.batches,
          target,
          rounds,
          warmUp: 1,
        });
        comparisons.push({ ...comparison, peak: { ours: await peak(fit), peer: await peak(steps) } });
      } finally {
        fit.close();
        steps.close();
      }
    }
    return {
      table: comparisonTable(comparisons),
      measurements: comparisons,
      software: {},
      notes: ['model.fit slices its batches from one tensor and awaits after each of them.'],
    };
  },
};
