// One data set of a report: the runs that were trained on it, what to conclude, and what to do next.

import { basename } from 'node:path/posix';
import { decimal, listed, SightlineError, upperFirst } from '@sightline/core';
import type { LoadedCheck } from '@sightline/runs';
import type { CheckPage } from './check-page.ts';
import { runsWithClassPages } from './class-views.ts';
import { type Comparison, comparedRuns, comparisonsOf } from './comparison.ts';
import { confusionOf } from './confusion.ts';
import { groupRuns, type RunGroup } from './groups.ts';
import { type NextStep, nextSteps } from './next-steps.ts';
import type { ReportRun } from './report-run.ts';
import { type Trial, trialOf } from './trial.ts';
import { verdictOf } from './verdict.ts';

export interface ReportDataset {
  slug: string;
  title: string;
  /** The address of its overview from the site's root. */
  overview: string;
  /** In the order that they were started. */
  runs: readonly ReportRun[];
  /** The sound run of the highest accuracy. */
  best: ReportRun | null;
  /** Three sentences at most. */
  verdict: readonly string[];
  groups: readonly RunGroup[];
  /** The settings by which groups differ. */
  settings: readonly string[];
  comparisons: readonly Comparison[];
  /** The runs that stand beside each other on a page, the most accurate first. */
  compared: readonly ReportRun[];
  /** The runs whose classes have pages of their own. */
  classPages: ReadonlySet<ReportRun>;
  steps: readonly NextStep[];
  /** The networks that can be tried in a browser, the most accurate first. */
  trials: readonly Trial[];
  /** The check of the same folder, if one was kept. */
  check: CheckPage | null;
}

export function datasetOf(
  runs: readonly ReportRun[],
  title: string,
  slug: string,
  overview: string,
  check: CheckPage | null,
  models = 0,
): ReportDataset {
  const best =
    runs
      .filter(({ state, accuracy }) => state.kind === 'sound' && accuracy !== null)
      .toSorted((a, b) => b.accuracy! - a.accuracy!)[0] ?? null;
  const { groups, settings } = groupRuns(runs);
  const comparisons = comparisonsOf(runs, best);
  return {
    slug,
    title,
    overview,
    runs,
    best,
    verdict: verdictOn(runs, best, groups, comparisons),
    groups,
    settings,
    comparisons,
    compared: comparedRuns(runs),
    classPages: runsWithClassPages(runs),
    steps: nextSteps(runs, best),
    trials: trialsOf(runs, models),
    check,
  };
}

/** Takes the models of the `most` accurate runs into the site. */
function trialsOf(runs: readonly ReportRun[], most: number): Trial[] {
  const trials: Trial[] = [];
  for (const run of runs.toSorted((a, b) => (b.accuracy ?? 0) - (a.accuracy ?? 0))) {
    if (trials.length >= most) break;
    try {
      const trial = trialOf(run);
      if (trial) trials.push(trial);
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      run.notes.push(`The network cannot be tried in a browser: ${error.message}`);
    }
  }
  return trials;
}

/** The best run's result, how sure its lead is, and its most frequent mistake or what stands in its way. */
function verdictOn(
  runs: readonly ReportRun[],
  best: ReportRun | null,
  groups: readonly RunGroup[],
  comparisons: readonly Comparison[],
): string[] {
  if (best === null) return [noSoundRun(runs)];
  const [result, ...doubts] = verdictOf(best);
  const sentences = [
    runs.length === 1 ? result!.sentence : `The best run, “${best.name}”, is ${lowerFirst(result!.sentence)}`,
  ];
  const own = groups.find((group) => group.runs.includes(best))!;
  if (own.runs.length > 1) {
    sentences[0] += ` Its ${own.runs.length} seeds have a mean of ${decimal(own.accuracy)}, ± ${decimal(own.deviation)}.`;
  }
  // Another seed of the same settings is no rival.
  const rivals = comparisons
    .filter(({ better, other }) => better === best || other === best)
    .map((pair) => ({ pair, rival: pair.better === best ? pair.other : pair.better }))
    .filter(({ rival }) => rival.state.kind === 'sound' && !own.runs.includes(rival))
    .sort((a, b) => (b.rival.accuracy ?? 0) - (a.rival.accuracy ?? 0));
  if (rivals[0]) sentences.push(rivals[0].pair.sentence);
  const confusion = confusionOf(best.answers, best.classes);
  const pair = confusion?.pairs[0];
  if (doubts.length > 0) sentences.push(...doubts.map(({ sentence }) => sentence));
  else if (confusion && pair) {
    sentences.push(
      `Its most frequent mistake: “${confusion.classes[pair.label]}” predicted as “${confusion.classes[pair.predicted]}” (${pair.count} of ${confusion.total - confusion.correct} mistakes).`,
    );
  }
  return sentences.slice(0, 3);
}

function noSoundRun(runs: readonly ReportRun[]): string {
  if (runs.length === 1) return verdictOf(runs[0]!)[0]!.sentence;
  const words = [...Map.groupBy(runs, ({ state }) => state.word)].map(
    ([word, members]) => `${listed(members.map(({ name }) => `“${name}”`).slice(0, 4))} ${ENDED[word]}`,
  );
  const known = runs.flatMap(({ accuracy }) => accuracy ?? []);
  const reached = known.length > 0 ? ` The highest accuracy reached is ${decimal(Math.max(...known))}.` : '';
  return `No run has a sound result: ${listed(words)}.${reached}`;
}

const ENDED = {
  collapsed: 'collapsed',
  failed: 'failed',
  interrupted: 'was interrupted',
  running: 'is still training',
  complete: 'ended without an epoch',
} as const;

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** Folder names that say nothing about what is in them. */
const GENERIC = new Set(['', '.', 'data', 'dataset', 'datasets', 'images', 'photos', 'pictures', 'train']);

/** The title that a data set has by its configuration, else by its folder, or, where that says nothing, by its classes. */
export function titleOf({ run, classes }: Pick<ReportRun, 'run' | 'classes'>): string {
  if (run.data.title !== undefined) return run.data.title;
  const folder = basename(run.data.root.replaceAll('\\', '/').replace(/\/+$/, '')).replace(
    /\.(zip|csv)$/i,
    '',
  );
  if (!GENERIC.has(folder.toLowerCase())) return folder;
  // Of two classes the last is what is looked for: its probability is what the network gives.
  return classes.length <= 3 ? upperFirst(listed(classes.toReversed(), 'or')) : `${classes.length} classes`;
}

/** Whether a check is of the data set that a run was trained on: of the same folder, with the same classes. */
export function isCheckOf({ check }: LoadedCheck, { run, classes }: ReportRun): boolean {
  return check.root === run.data.root && check.classes.join('\n') === classes.join('\n');
}
