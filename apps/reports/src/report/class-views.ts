// The classes of a run one by one: which images of each are found, which are missed, and what it is confused with.

import { mean } from '@sightline/metrics';
import { type ConfusedPair, confusionOf } from './confusion.ts';
import { sum } from './numbers.ts';
import type { Answer, ReportRun } from './report-run.ts';
import { toSlugs } from './slugs.ts';

export interface ClassView {
  /** Its index among the classes of the confusion matrix. */
  k: number;
  name: string;
  /** The last part of its page's address. */
  slug: string;
  /** Its validation images that are predicted correctly, the surest first. */
  found: readonly Answer[];
  /** The others, the most confident mistakes first. */
  missed: readonly Answer[];
  /** Images of other classes that are predicted as this one, the surest first. */
  intruders: readonly Answer[];
  /** What it is predicted as, and what is predicted as it, the most frequent first. */
  takenFor: readonly ConfusedPair[];
  mistaken: readonly ConfusedPair[];
  /** The other class that its images are given the most probability for; null where probabilities were not kept. */
  nearest: { name: string; probability: number } | null;
}

/** Pages of single classes per data set: of the most accurate runs, since each costs a file and time. */
export const MOST_CLASS_PAGES = 500;

const views = new WeakMap<ReportRun, readonly ClassView[]>();

/** All classes that a run's predictions name; none without predictions. */
export function classViews(run: ReportRun): readonly ClassView[] {
  const known = views.get(run) ?? viewsOf(run);
  views.set(run, known);
  return known;
}

function viewsOf(run: ReportRun): ClassView[] {
  const confusion = confusionOf(run.answers, run.classes);
  if (!confusion) return [];
  const { classes, pairs } = confusion;
  const slugs = toSlugs(classes);
  const byLabel = Map.groupBy(run.answers, ({ label }) => label);
  const byPrediction = Map.groupBy(run.mistakes, ({ predicted }) => predicted);
  const surestFirst = (answers: readonly Answer[]) => answers.toSorted((a, b) => b.confidence - a.confidence);
  return classes.map((name, k) => {
    const own = surestFirst(byLabel.get(name) ?? []);
    return {
      k,
      name,
      slug: slugs[k]!,
      found: own.filter(({ isCorrect }) => isCorrect),
      missed: own.filter(({ isCorrect }) => !isCorrect),
      intruders: surestFirst(byPrediction.get(name) ?? []),
      takenFor: pairs.filter(({ label }) => label === k),
      mistaken: pairs.filter(({ predicted }) => predicted === k),
      nearest: nearestOf(own, run.classes, name),
    };
  });
}

function nearestOf(own: readonly Answer[], classes: readonly string[], name: string): ClassView['nearest'] {
  const rows = own.flatMap(({ probabilities }) => (probabilities ? [probabilities] : []));
  if (rows.length === 0 || classes.length < 3) return null;
  const others = classes
    .map((other, k) => ({ name: other, probability: mean(rows.map((row) => row[k] ?? 0)) }))
    .filter((other) => other.name !== name);
  return others.reduce((most, other) => (other.probability > most.probability ? other : most));
}

/** The runs of a data set whose classes have pages: the most accurate first, while there are not too many pages. */
export function runsWithClassPages(runs: readonly ReportRun[]): ReadonlySet<ReportRun> {
  const able = runs
    .filter(({ answers }) => answers.length > 0)
    .toSorted((a, b) => (b.accuracy ?? 0) - (a.accuracy ?? 0));
  const pages = able.map(({ classes }) => classes.length);
  return new Set(able.filter((_, i) => i === 0 || sum(pages.slice(0, i + 1)) <= MOST_CLASS_PAGES));
}

/** Where a class of a run is shown, from the site's root: its page, or its row among the classes. */
export function classAddress(
  { classPages }: { classPages: ReadonlySet<ReportRun> },
  run: ReportRun,
  k: number,
): string {
  const folder = `runs/${run.slug}/classes`;
  return classPages.has(run) ? `${folder}/${classViews(run)[k]!.slug}.html` : `${folder}.html#c${k}`;
}
