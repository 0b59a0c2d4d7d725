// The whole of `npm run train` (data, features, three trainings, the site) beside Keras' part of the same (import,
// two trainings, features, the classifier on them; no site), each in a process of its own from start to end.
// Packages are installed, the images prepared and the disk's cache warm on both sides; nothing else is kept.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { carOrOther, findPython, peerPlaces, runProgram } from '@sightline/peers';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { compare } from '../comparison.ts';
import { places } from '../places.ts';
import { figure } from '../table.ts';

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return (performance.now() - began) / 1000;
}

export const pipeline: Benchmark = {
  title: "all of `npm run train` beside Keras' part of it",
  async run({ data, rounds = 3 }) {
    const folder = data ?? (await carOrOther());
    const python = await findPython();
    const parts: Record<string, number>[] = [];
    let printed = '';
    const train = async () => {
      printed = await runProgram(
        'npm',
        ['run', 'train', '--', '--force', ...(data ? ['--data', folder] : [])],
        {
          cwd: places.root,
        },
      );
    };
    const comparison = await compare(
      {
        name: 'npm run train',
        async time() {
          // Turbo is told to run everything, but features that lie there would be found good and not computed again.
          await rm(join(places.experiment, 'features'), { recursive: true, force: true });
          return seconds(train);
        },
      },
      {
        name: 'Keras, no site',
        time: () =>
          seconds(async () => {
            const answer = await runProgram(python, [
              join(peerPlaces.keras, 'whole.py'),
              folder,
              peerPlaces.vgg16Weights,
            ]);
            parts.push((JSON.parse(answer) as { seconds: Record<string, number> }).seconds);
          }),
      },
      { what: 'car or other', unit: 's', amount: 1, target: 1, rounds, warmUp: 0 },
    );
    const last = Object.entries(parts.at(-1) ?? {}).map(([name, s]) => `${name} ${figure(s)} s`);
    return {
      table: comparisonTable([comparison]),
      measurements: { comparison, kerasParts: parts },
      software: {},
      notes: [`Keras' parts, last round: ${last.join(', ')}.`, `What ours printed last:\n${printed.trim()}`],
    };
  },
};
