// Runs beside each other: what was set differently, what came of it, and whether the difference is more than chance.

import { type McNemar, mcnemar } from '@sightline/metrics';
import type { LoadedRun, Prediction } from '@sightline/runs';

export interface Comparison {
  /** Settings that are not the same in all runs: their path in run.json, and each run's value. */
  readonly differences: readonly { readonly field: string; readonly values: readonly unknown[] }[];
  readonly metrics: readonly {
    readonly name: string;
    readonly status: string;
    readonly loss: number | null;
    readonly accuracy: number | null;
    readonly bestAccuracy: number | null;
    /** From the beginning to the end of the run. */
    readonly seconds: number | null;
  }[];
  /** For each pair of runs that predicted the same images. */
  readonly pairs: readonly Pair[];
}

export interface Pair extends McNemar {
  /** Places in the list of runs. */
  readonly first: number;
  readonly second: number;
  readonly images: number;
  /** Paths of the images that only one of the two gets right. */
  readonly firstOnly: readonly string[];
  readonly secondOnly: readonly string[];
}

/** Compares two runs or more. */
export function compareRuns(runs: readonly LoadedRun[]): Comparison {
  const settings = runs.map(({ run }) =>
    flatten({ seed: run.seed, engine: run.engine, data: run.data, config: run.config }),
  );
  const fields = [...new Set(settings.flatMap((map) => [...map.keys()]))];
  const differences = fields
    .map((field) => ({ field, values: settings.map((map) => map.get(field)) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
  const metrics = runs.map(({ name, run }) => ({
    name,
    status: run.status,
    loss: run.metrics?.validation.loss ?? null,
    accuracy: run.metrics?.validation.accuracy ?? null,
    bestAccuracy: run.metrics?.best?.accuracy ?? null,
    seconds: secondsOf(run.timings),
  }));
  const predictions = runs.map((run) => run.predictions());
  const pairs: Pair[] = [];
  for (let first = 0; first < runs.length; first++) {
    for (let second = first + 1; second < runs.length; second++) {
      const pair = pairOf(predictions[first]!, predictions[second]!);
      if (pair) pairs.push({ first, second, ...pair });
    }
  }
  return { differences, metrics, pairs };
}

/** Seconds of all parts, features and evaluation included: what the user waited for. Null for a run without times. */
function secondsOf(timings: LoadedRun['run']['timings']): number | null {
  const parts = Object.values(timings);
  return parts.length === 0 ? null : parts.reduce((sum, part) => sum + part, 0);
}

/** Undefined unless both predicted the same images with the same labels. */
function pairOf(
  first: readonly Prediction[],
  second: readonly Prediction[],
): Omit<Pair, 'first' | 'second'> | undefined {
  const other = new Map(second.map((row) => [row.path, row]));
  if (first.length === 0 || first.length !== second.length) return undefined;
  if (first.some((row) => other.get(row.path)?.label !== row.label)) return undefined;
  const isRight = (row: Prediction) => row.label === row.predicted;
  const firstRight = first.map(isRight);
  const secondRight = first.map((row) => isRight(other.get(row.path)!));
  const paths = (keep: (i: number) => boolean) => first.filter((_, i) => keep(i)).map((row) => row.path);
  return {
    ...mcnemar(firstRight, secondRight),
    images: first.length,
    firstOnly: paths((i) => firstRight[i]! && !secondRight[i]),
    secondOnly: paths((i) => !firstRight[i] && secondRight[i]!),
  };
}

/** Leaves by their path: `config.optimizer.learningRate`. Lists are leaves. */
function flatten(value: unknown, path = '', into = new Map<string, unknown>()): Map<string, unknown> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path ? `${path}.${key}` : key, into);
  } else into.set(path, value);
  return into;
}
