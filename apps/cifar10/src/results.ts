/** What the record's runs came to: results.json, and the README's table of it. */
import { existsSync, readFileSync } from 'node:fs';
import { duration } from '@sightline/core';
import { writeFileAtomic } from '@sightline/core/files';
import { mean, sampleDeviation } from '@sightline/metrics';
import type { LoadedRun } from '@sightline/runs';
import { z } from 'zod';
import { places } from './places.ts';

const resultSchema = z.object({
  experiment: z.string(),
  seed: z.number(),
  /** The accuracy on the 10,000 test images, by six views of each. */
  accuracy: z.number(),
  /** By one view, as after each epoch. */
  oneView: z.number(),
  epochs: z.number(),
  /** What all epochs took, each with its validation. */
  trainingSeconds: z.number(),
  /** What the whole run took: reading the images, training, the final metrics, saving. */
  seconds: z.number(),
  device: z.string(),
});

const resultsSchema = z.array(resultSchema);
export type Result = z.output<typeof resultSchema>;

const readResults = (path: string = places.results): Result[] =>
  existsSync(path) ? resultsSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) : [];

/** What a complete run came to. */
export function resultOf({ run, history }: LoadedRun): Result {
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const trainingSeconds = sum(history.map(({ seconds }) => seconds));
  const { training: _, ...others } = run.timings;
  return {
    experiment: run.experiment,
    seed: run.seed,
    accuracy: run.metrics!.validation.accuracy,
    oneView: history.at(-1)!.valAccuracy,
    epochs: history.length,
    trainingSeconds,
    // A run that was stopped has its epochs' seconds in its history, and its last part's timings alone.
    seconds: trainingSeconds + sum(Object.values(others)),
    device: run.engine.device,
  };
}

/** The results with this one in the place of an earlier one of its experiment and seed. */
export function addResult(result: Result, results: readonly Result[] = readResults()): Result[] {
  const isOther = (r: Result) => r.experiment !== result.experiment || r.seed !== result.seed;
  return [...results.filter(isOther), result].sort(
    (a, b) => a.experiment.localeCompare(b.experiment) || a.seed - b.seed,
  );
}

/** Writes results.json and the table between the README's marks. */
export function writeResults(results: readonly Result[]): void {
  writeFileAtomic(places.results, `${JSON.stringify(results, undefined, 2)}\n`);
  const readme = readFileSync(places.readme, 'utf8');
  const marked = /(<!-- table: results -->\n).*?(<!-- end -->)/s;
  writeFileAtomic(
    places.readme,
    readme.replace(marked, (_, begin, end) => `${begin}${tableOf(results)}\n${end}`),
  );
}

/** A Markdown table: a row per experiment, mean ± standard deviation over the seeds. */
export function tableOf(results: readonly Result[] = readResults()): string {
  const rows = [...Map.groupBy(results, ({ experiment }) => experiment)].map(([name, runs]) => {
    const column = (of: (run: Result) => number, written: (value: number) => string) => {
      const values = runs.map(of);
      const deviation = runs.length > 1 ? ` ± ${written(sampleDeviation(values))}` : '';
      return [written(mean(values)), deviation] as const;
    };
    const percent = (of: (run: Result) => number) =>
      column(of, (share) => (share * 100).toFixed(2)).join('%');
    const time = (of: (run: Result) => number) => column(of, duration).join('');
    const { epochs, device } = runs[0]!;
    const cells = [
      `\`${name}\``,
      epochs,
      runs.length,
      percent((run) => run.accuracy),
      percent((run) => run.oneView),
      time((run) => run.trainingSeconds),
      time((run) => run.seconds),
      device,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head =
    '| experiment | epochs | seeds | accuracy, six views | one view | training | whole run | processor |';
  return [head, '|---|---|---|---|---|---|---|---|', ...rows].join('\n');
}
