// Two runs on the same images: whether the better one is better by more than chance, and where they differ.

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
  values: readonly [string, string];
}

/** Stands for a setting that a run does not have. */
const ABSENT = '–';

/** Whether only one of the runs has the setting. */
export const isOfOne = ({ values }: Difference): boolean => values.includes(ABSENT);

/** The settings of two runs that are not the same. */
export function differences({ better, other }: Comparison): Difference[] {
  const [first, second] = [better, other].map(({ run }) =>
    settingsOf({ ...run.config, seed: run.seed, engine: run.engine.name, provider: run.engine.provider }),
  ) as [Map<string, string>, Map<string, string>];
  return [...new Set([...first.keys(), ...second.keys()])]
    .map(
      (setting): Difference => ({
        setting,
        values: [first.get(setting) ?? ABSENT, second.get(setting) ?? ABSENT],
      }),
    )
    .filter(({ values: [one, two] }) => one !== two);
}

/** Up to here every two runs of a data set have a page; beyond, each is compared with the best alone. */
const ALL_PAIRS = 12;

/** The comparisons of a data set's runs, those with the best run first. */
export function comparisonsOf(runs: readonly ReportRun[], best: ReportRun | null): Comparison[] {
  const able = runs.filter(({ answers }) => answers.length > 0);
  if (best === null) return [];
  const others = able.filter((run) => run !== best);
  const pairs: [ReportRun, ReportRun][] = others.map((run) => [best, run]);
  if (able.length <= ALL_PAIRS)
    others.forEach((run, i) => {
      for (const later of others.slice(i + 1)) pairs.push([run, later]);
    });
  return pairs.flatMap(([a, b]) => compare(a, b) ?? []);
}
