// Validation accuracy after the last epoch of each experiment, seeds 1 to 10, beside Keras' on the same images. Keras'
// measurements are trained once by keras/accuracy.py and kept in results/keras-accuracy-*.json, found by the data's hash.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { openDataset } from '@sightline/data';
import { carOrOther, classes, findPython, peerPlaces, runProgram } from '@sightline/peers';
import { readRun } from '@sightline/runs';
import type { Benchmark } from '../benchmark.ts';
import { places } from '../places.ts';
import { median } from '../statistics.ts';

const EXPERIMENTS = ['baseline', 'augmentation', 'vgg16-backend'];
const SEEDS = 10;
/** The medians may be this far apart: ten seeds of Keras against ten others of Keras differ by about as much. */
const TOLERANCE = 0.03;

interface KerasAccuracy {
  readonly data: string;
  readonly hash: string;
  readonly software: Record<string, string>;
  readonly experiments: Record<string, { readonly seeds: Record<string, number> }>;
}

export const accuracy: Benchmark = {
  title: 'validation accuracy of the three experiments, ten seeds, beside Keras',
  async run({ data, rounds = SEEDS }) {
    const folder = data ?? (await carOrOther());
    const { hash } = await openDataset(folder, { classes });
    const keras = await kerasAccuracy(folder, hash);
    const ours = await ourAccuracy(folder, hash, rounds);
    const measurements = EXPERIMENTS.map((experiment) => {
      const theirs = Object.values(keras.experiments[experiment]?.seeds ?? {});
      const own = ours[experiment]!;
      return { experiment, ours: own, keras: theirs, median: { ours: median(own), keras: median(theirs) } };
    });
    const collapsed = (seeds: number[]) => seeds.filter((value) => value === 0.5).length;
    const cells = (seeds: number[]) => seeds.map((value) => value.toFixed(3)).join(' ');
    return {
      table: {
        columns: [
          'experiment',
          'ours',
          'Keras',
          'difference',
          'collapsed',
          'seeds of ours',
          'seeds of Keras',
        ],
        rows: measurements.map(({ experiment, ours, keras, median }) => {
          const difference = median.ours - median.keras;
          const verdict = Math.abs(difference) <= TOLERANCE ? 'within' : difference > 0 ? 'above' : 'BELOW';
          return [
            experiment,
            median.ours.toFixed(3),
            median.keras.toFixed(3),
            `${difference >= 0 ? '+' : ''}${difference.toFixed(3)} (${verdict} ${TOLERANCE})`,
            `${collapsed(ours)} / ${collapsed(keras)}`,
            cells(ours),
            cells(keras),
          ];
        }),
      },
      measurements: { data: keras.data, hash, experiments: measurements },
      software: keras.software,
      notes: [`Medians. Data: ${keras.data}. An accuracy of 0.500 is a run that collapsed to one class.`],
    };
  },
};

/** Trains the experiments with each seed by the command line, and reads the runs. */
async function ourAccuracy(data: string, hash: string, seeds: number): Promise<Record<string, number[]>> {
  const accuracies: Record<string, number[]> = Object.fromEntries(EXPERIMENTS.map((name) => [name, []]));
  const folder = join(places.scratch, 'accuracy', hash.slice(0, 12));
  for (let seed = 1; seed <= seeds; seed++) {
    const out = join(folder, `seed-${seed}`);
    await runProgram(process.execPath, [
      ...process.execArgv,
      places.cli,
      'train',
      places.experiment,
      ...['--data', data, '--seed', String(seed), '--out', out],
    ]);
    for (const name of EXPERIMENTS) {
      const { run } = readRun(join(out, name));
      accuracies[name]!.push(run.metrics!.validation.accuracy);
    }
    console.error(
      `seed ${seed}: ${EXPERIMENTS.map((name) => `${name} ${accuracies[name]!.at(-1)!.toFixed(3)}`).join(', ')}`,
    );
  }
  return accuracies;
}

/** Keras' measurements on these images; trains them where they are not yet known (minutes). */
async function kerasAccuracy(data: string, hash: string): Promise<KerasAccuracy> {
  const known = async () => {
    const names = (await readdir(places.results)).filter((name) => /^keras-accuracy-.*\.json$/.test(name));
    const files = await Promise.all(
      names.map(
        async (name) => JSON.parse(await readFile(join(places.results, name), 'utf8')) as KerasAccuracy,
      ),
    );
    return files.find((file) => file.hash === hash);
  };
  const before = await known();
  if (before) return before;
  const name = `data-${hash.slice(0, 8)}`;
  console.error(`Keras' accuracy on these images is not known yet: training it takes minutes.`);
  const out = join(places.results, `keras-accuracy-${name}.json`);
  const script = join(peerPlaces.keras, 'accuracy.py');
  await runProgram(await findPython(), [script, data, peerPlaces.vgg16Weights, out, '--name', name]);
  const after = await known();
  if (after) return after;
  throw new SightlineError(
    'data',
    `Keras trained on other images than ${data} holds: did the folder change meanwhile?`,
  );
}
