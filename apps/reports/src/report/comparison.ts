// Runs on the same images: of two, whether the better one is better by more than chance, and where they differ; of
// several, what sets them apart.

import { counted, integer } from '@sightline/core';
import { mcnemar } from '@sightline/metrics';
import type { Answer, ReportRun } from './report-run.ts';
import { settingsOf } from './settings.ts';

/** Two runs of a data set; `better` has the higher accuracy, or as high a one. */
export interface Comparison {
  slug: string;
  better: ReportRun;
  other: ReportRun;
  images: number;
  /** Images that only one of them gets right. */
  onlyBetter: readonly Answer[];
  onlyOther: readonly Answer[];
  /** The two-sided p of McNemar's exact test. */
  p: number;
  /** McNemar's test in words. */
  sentence: string;
}

/** A difference this unlikely by chance is called real. */
const SIGNIFICANT = 0.05;

/** Whether chance alone does not explain a difference. */
export const isReal = ({ p }: Pick<Comparison, 'p'>): boolean => p < SIGNIFICANT;

/** Null unless both runs predicted the same images with the same labels. */
export function compare(a: ReportRun, b: ReportRun): Comparison | null {
  const [better, other] = (a.accuracy ?? 0) >= (b.accuracy ?? 0) ? [a, b] : [b, a];
  const theirs = new Map(other.answers.map((row) => [row.path, row]));
  const own = better.answers;
  if (own.length === 0 || own.length !== theirs.size) return null;
  if (own.some(({ path, label }) => theirs.get(path)?.label !== label)) return null;
  const pairs = own.map((row) => ({ own: row, their: theirs.get(row.path)! }));
  const { p } = mcnemar(
    pairs.map((pair) => pair.own.isCorrect),
    pairs.map((pair) => pair.their.isCorrect),
  );
  const onlyBetter = pairs.filter((pair) => pair.own.isCorrect && !pair.their.isCorrect);
  const onlyOther = pairs.filter((pair) => !pair.own.isCorrect && pair.their.isCorrect);
  return {
    slug: pairSlug(better, other),
    better,
    other,
    images: own.length,
    // The wrong prediction is what there is to see.
    onlyBetter: onlyBetter.map(({ their }) => their),
    onlyOther: onlyOther.map((pair) => pair.own),
    p,
    sentence: inWords(better, other, onlyBetter.length, onlyOther.length, p),
  };
}

function inWords(better: ReportRun, other: ReportRun, more: number, less: number, p: number): string {
  if (more + less === 0) return `“${better.name}” and “${other.name}” are right on exactly the same images.`;
  const counts = `Only “${better.name}” is right on ${counted(more, 'image')}, only “${other.name}” on ${integer(less)}`;
  const chance = `p\u00a0${p < 0.001 ? '<\u00a00.001' : `=\u00a0${p.toPrecision(2)}`} (McNemar's exact test)`;
  return p < SIGNIFICANT
    ? `${counts}: more than chance explains, ${chance}.`
    : `${counts}: chance alone may explain that, ${chance}.`;
}

/** The same for both orders of a pair. */
function pairSlug(a: ReportRun, b: ReportRun): string {
  return [a.slug, b.slug].sort().join('--');
}

export interface Difference {
  setting: string;
  /** A value per run. */
  values: readonly string[];
}

/** Stands for a setting that a run does not have. */
const ABSENT = '–';

/** Whether some of the runs do not have the setting. */
export const isOfSome = ({ values }: Difference): boolean => values.includes(ABSENT);

/** The settings that are not the same in all runs. */
export function differences(runs: readonly ReportRun[]): Difference[] {
  const all = runs.map(({ run }) =>
    settingsOf({ ...run.config, seed: run.seed, engine: run.engine.name, provider: run.engine.provider }),
  );
  return [...new Set(all.flatMap((settings) => [...settings.keys()]))]
    .map((setting): Difference => ({ setting, values: all.map((own) => own.get(setting) ?? ABSENT) }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** So many runs stand beside each other, and every two of them have a page. */
const MOST_COMPARED = 12;

/** The runs with predictions, the most accurate first. */
export function comparedRuns(runs: readonly ReportRun[]): readonly ReportRun[] {
  return runs
    .filter(({ answers }) => answers.length > 0)
    .toSorted((a, b) => (b.accuracy ?? 0) - (a.accuracy ?? 0))
    .slice(0, MOST_COMPARED);
}

/**
 * The comparisons of a data set's runs, those with the best run first: of every two that stand beside each other, and of
 * the best with each of the others.
 */
export function comparisonsOf(runs: readonly ReportRun[], best: ReportRun | null): Comparison[] {
  if (best === null) return [];
  const others = runs.filter((run) => run !== best && run.answers.length > 0);
  const pairs: [ReportRun, ReportRun][] = others.map((run) => [best, run]);
  const compared = comparedRuns(runs).filter((run) => run !== best);
  for (const [i, run] of compared.entries())
    for (const later of compared.slice(i + 1)) pairs.push([run, later]);
  return pairs.flatMap(([a, b]) => compare(a, b) ?? []);
}
