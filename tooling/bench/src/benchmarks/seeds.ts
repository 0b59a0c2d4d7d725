// The README's table: accuracy of each experiment of car or other over seeds 1 to 5, mean and deviation, and the time
// of its training, beside Keras' for those that Keras has. It takes most of an hour, so it can be broken off: each
// training is a line of results/seeds.jsonl as soon as it ends, and is not done again for the same images and settings.

import { createHash } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { openDataset } from '@sightline/data';
import { mean, sampleDeviation } from '@sightline/metrics';
import { carOrOther, classes, findPython, peerPlaces, runProgram } from '@sightline/peers';
import { readRun } from '@sightline/runs';
import { loadConfig, settingsOf } from 'sightline';
import type { Benchmark } from '../benchmark.ts';
import { places } from '../places.ts';
import { median } from '../statistics.ts';

const SEEDS = 5;
/** Those that keras/experiments.py has too. */
const KERAS = ['baseline', 'augmentation', 'vgg16-backend'];
const sides = ['ours', 'keras'] as const;
type Side = (typeof sides)[number];

/** A line of the results: one training. */
export interface SeedResult {
  readonly side: Side;
  readonly experiment: string;
  readonly seed: number;
  /** The images' hash, as in `run.json`. */
  readonly hash: string;
  /** The hash of the experiment's settings: another setting is another training. */
  readonly settings: string;
  readonly accuracy: number;
  /** Seconds of the training itself, without loading, features and evaluation. */
  readonly seconds: number;
  readonly at: string;
  /** The machine's load in the minute before: times of a busy machine are no measure. */
  readonly load: number;
  readonly software: Record<string, string>;
}

export const seeds: Benchmark = {
  title: 'accuracy of all experiments, seeds 1 to 5, and training times, beside Keras; goes on where it was',
  async run({ data, rounds = SEEDS, experiment }) {
    const folder = data ?? (await carOrOther());
    const { hash } = await openDataset(folder, { classes });
    const config = await loadConfig(places.experiment);
    const names = Object.keys(config.experiments).filter((name) => !experiment || name === experiment);
    if (names.length === 0) {
      const known = Object.keys(config.experiments).join(', ');
      throw new SightlineError('usage', `There is no experiment ${experiment}: expected one of ${known}.`);
    }
    const settings = (name: string) => digest(settingsOf(config, name, { seed: 1 }).experiment);
    const path = join(places.results, 'seeds.jsonl');
    const results = await readResults(path);
    for (let seed = 1; seed <= rounds; seed++) {
      for (const name of names) {
        for (const side of sides) {
          if (side === 'keras' && !KERAS.includes(name)) continue;
          const key = { side, experiment: name, seed, hash, settings: settings(name) };
          if (find(results, key)) continue;
          const load = loadavg()[0]!;
          const train = side === 'ours' ? trainOurs : trainKeras;
          const trained = await train(name, seed, folder, hash);
          const at = new Date().toISOString();
          const result: SeedResult = { ...key, ...trained, at, load: Number(load.toFixed(2)) };
          results.push(result);
          await appendFile(path, `${JSON.stringify(result)}\n`);
          console.error(
            `seed ${seed}: ${side === 'ours' ? '' : 'Keras '}${name} ${trained.accuracy.toFixed(3)} in ${trained.seconds.toFixed(1)} s`,
          );
        }
      }
    }
    const of = (side: Side, name: string) =>
      results.filter(
        (r) =>
          r.side === side &&
          r.experiment === name &&
          r.seed <= rounds &&
          r.hash === hash &&
          r.settings === settings(name),
      );
    const measurements = names.map((name) => ({ experiment: name, ...summaries(name, of) }));
    const busiest = Math.max(
      ...names.flatMap((name) => sides.flatMap((side) => of(side, name).map((r) => r.load))),
    );
    return {
      table: {
        columns: ['experiment', 'accuracy', 'training', "Keras' accuracy", "Keras' training", 'seeds'],
        rows: measurements.map(({ experiment, ours, keras }) => [
          experiment,
          ...cells(ours),
          ...(keras ? cells(keras) : ['', '']),
          ours.accuracies.map((value) => value.toFixed(3)).join(' '),
        ]),
      },
      measurements: { hash, experiments: measurements },
      software: results.findLast(({ side }) => side === 'keras')?.software ?? {},
      notes: [
        `Accuracy on the validation images after the last epoch: mean ± standard deviation of ${rounds} seeds. Training: the median of their seconds.`,
        `An accuracy of 0.500 is a run that collapsed to one class. Load of the machine before the busiest of these trainings: ${busiest}.`,
      ],
    };
  },
};

interface Summary {
  readonly accuracies: number[];
  readonly mean: number;
  readonly deviation: number;
  readonly seconds: number;
}

function summaries(name: string, of: (side: Side, name: string) => SeedResult[]) {
  const summary = (side: Side): Summary => {
    const results = of(side, name).sort((a, b) => a.seed - b.seed);
    const accuracies = results.map(({ accuracy }) => accuracy);
    return {
      accuracies,
      mean: mean(accuracies),
      deviation: sampleDeviation(accuracies),
      seconds: median(results.map(({ seconds }) => seconds)),
    };
  };
  return { ours: summary('ours'), ...(KERAS.includes(name) ? { keras: summary('keras') } : {}) };
}

const cells = ({ mean, deviation, seconds }: Summary): string[] => [
  `${mean.toFixed(3)} ± ${deviation.toFixed(3)}`,
  `${seconds.toFixed(1)} s`,
];

const find = (
  results: readonly SeedResult[],
  key: Pick<SeedResult, 'side' | 'experiment' | 'seed' | 'hash' | 'settings'>,
) =>
  results.find((r) => Object.entries(key).every(([field, value]) => r[field as keyof SeedResult] === value));

/** A line that was cut off by a crash is no result. */
async function readResults(path: string): Promise<SeedResult[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as SeedResult];
    } catch {
      return [];
    }
  });
}

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);

type Trained = Pick<SeedResult, 'accuracy' | 'seconds' | 'software'>;

async function trainOurs(name: string, seed: number, data: string, hash: string): Promise<Trained> {
  const out = join(places.scratch, 'seeds', hash.slice(0, 12), `seed-${seed}`);
  await runProgram(process.execPath, [
    ...process.execArgv,
    places.cli,
    'train',
    places.experiment,
    ...['--data', data, '--experiment', name, '--seed', String(seed), '--out', out],
  ]);
  const { run } = readRun(join(out, name));
  const { sightline, onnxruntime = '' } = run.software;
  return {
    accuracy: Number(run.metrics!.validation.accuracy.toFixed(6)),
    seconds: Number(run.timings.training!.toFixed(3)),
    software: { sightline, onnxruntime, commit: run.git?.commit.slice(0, 12) ?? '' },
  };
}

async function trainKeras(name: string, seed: number, data: string, hash: string): Promise<Trained> {
  const features = join(places.scratch, 'seeds', hash.slice(0, 12), 'keras-features');
  const script = join(peerPlaces.keras, 'seed.py');
  const args = [script, name, String(seed), data, peerPlaces.vgg16Weights, features];
  const printed = await runProgram(await findPython(), args);
  return JSON.parse(printed.trim().split('\n').at(-1)!) as Trained;
}
