// The whole report, from the run folders: what the overview says of all runs, and each run's page.

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  counted,
  decimal,
  duration,
  integer,
  inWords,
  listed,
  SightlineError,
  upperFirst,
} from '@sightline/core';
import {
  featureRowsSchema,
  type LoadedCheck,
  type LoadedRun,
  listChecks,
  listRuns,
  readJson,
} from '@sightline/runs';
import { type AccuracyBar, accuracyBars } from '@sightline/viz';
import type { Assets } from './assets.ts';
import { checkPage } from './check-page.ts';
import { findBaseline, sparklineOf } from './curves.ts';
import { sum } from './facts.ts';
import type { Chart, Fact, Report } from './model.ts';
import { accuracyOf, intervalOf, runPage, validationCount } from './run-page.ts';
import { toSlugs } from './slugs.ts';
import { stateOf } from './state.ts';

/** The folders that a site is made from. */
export interface ReportFolders {
  runs: string;
  features: string;
  checks: string;
}

/**
 * Reads all runs, and the features and data checks beside them where there are any. Pictures go to `assets`.
 * @throws SightlineError where there is no folder of runs; SightlineError `no-runs` where no run in it can be read. Neither
 *   where there is a data check: a site may show that alone
 */
export function readReport(folders: ReportFolders, assets: Assets): Report {
  const { checks, broken: brokenChecks } = listChecks(folders.checks);
  const { runs: found, broken } = runsIn(folders.runs, checks);
  const runs = inOrder(found);
  const slugs = toSlugs(runs.map((run) => run.name));
  const baseline = findBaseline(runs);
  const longest = Math.max(...runs.map((run) => run.history.length));
  const lowest = lowestOf(runs);
  const checkSlugs = toSlugs(checks.map(({ name }) => name));
  return {
    title: runs.length > 0 ? titleOf(runs) : 'What is in the images',
    lead:
      runs.length > 0
        ? leadOf(runs)
        : `${upperFirst(inWords(checks.length))} ${checks.length === 1 ? 'set' : 'sets'} of images, checked before training.`,
    bars: runs.length > 0 ? barsOf(runs) : null,
    hasBaseline: baseline !== null && runs.length > 1,
    runs: runs.map((run, i) =>
      runPage(run, slugs[i]!, baseline, sparklineOf(run, baseline, longest, lowest), assets),
    ),
    checks: checks.map((check, i) => checkPage(check, checkSlugs[i]!, assets)),
    broken: [...broken, ...brokenChecks].map(({ dir, reason }) => ({
      name: basename(dir),
      reason: reason.replaceAll(`${folders.runs}/`, '').replaceAll(`${folders.checks}/`, ''),
    })),
    features: featuresIn(folders.features),
    software: (runs[0]?.run ?? checks[0]!.check).software.sightline,
  };
}

function runsIn(dir: string, checks: readonly LoadedCheck[]): ReturnType<typeof listRuns> {
  if (checks.length > 0 && !existsSync(dir)) return { runs: [], broken: [] };
  const { runs, broken } = listRuns(dir);
  if (runs.length > 0 || checks.length > 0) return { runs, broken };
  const reason = broken[0] ? ` ${upperFirst(broken[0].reason)}` : '';
  throw new SightlineError(
    'no-runs',
    `A report needs at least one run, and ${dir} holds none that can be read.${reason} Train one first: npm run train.`,
  );
}

/** The baseline first, since all others are compared with it; then as they were started. */
function inOrder(runs: readonly LoadedRun[]): LoadedRun[] {
  const baseline = findBaseline(runs);
  const rank = (run: LoadedRun) => `${run === baseline ? 0 : 1} ${new Date(run.run.startedAt).toISOString()}`;
  return runs.toSorted((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
}

function titleOf(runs: readonly LoadedRun[]): string {
  const sets = new Set(runs.map((run) => run.run.data.classes.join('\n')));
  const classes = runs[0]!.run.data.classes;
  if (sets.size > 1) return classifiers(runs.length);
  if (classes.length === 2) return `${upperFirst(classes[1]!)} or ${classes[0]}?`;
  return classes.length > 5 ? counted(classes.length, 'class', 'classes') : upperFirst(listed(classes));
}

function classifiers(count: number): string {
  return upperFirst(`${inWords(count)} ${count === 1 ? 'classifier' : 'classifiers'}`);
}

/** What was tried and which did best, in two or three sentences. */
function leadOf(runs: readonly LoadedRun[]): string {
  const hashes = new Set(runs.map((run) => run.run.data.hash));
  const { counts } = runs[0]!.run.data;
  const images =
    hashes.size > 1
      ? `on ${hashes.size} different sets of images`
      : `on ${counted(sum(counts.train), 'image')}, measured on ${integer(sum(counts.validation))} others that ${runs.length === 1 ? 'it' : 'they'} never saw`;
  const sound = runs.filter((run) => stateOf(run).kind === 'sound' && accuracyOf(run) !== null);
  const best = sound.toSorted((a, b) => accuracyOf(b)! - accuracyOf(a)!)[0];
  const verdict =
    best && sound.length > 1
      ? ` The best, ${best.name}, gets ${decimal(accuracyOf(best)!)} of ${hashes.size > 1 ? 'its images' : 'these'} right.`
      : '';
  const poor = Object.keys(ends).flatMap((word) => {
    const names = runs.filter((run) => stateOf(run).word === word).map((run) => run.name);
    return names.length === 0 ? [] : [`${listed(names)} ${ends[word]![names.length === 1 ? 0 : 1]}`];
  });
  const others = poor.length > 0 ? ` But ${listed(poor)}.` : '';
  return `${classifiers(runs.length)}, trained ${images}.${verdict}${others}`;
}

/** What became of runs that are not sound, of one and of several. */
const ends: Record<string, readonly [one: string, several: string]> = {
  collapsed: ['collapsed', 'collapsed'],
  interrupted: ['was interrupted', 'were interrupted'],
  failed: ['failed', 'failed'],
  running: ['is still running', 'are still running'],
};

function barsOf(runs: readonly LoadedRun[]): Chart {
  const bars = runs.map((run): AccuracyBar => {
    const { kind, note } = stateOf(run);
    const interval = intervalOf(run);
    return {
      name: run.name,
      accuracy: accuracyOf(run),
      state: kind === 'failed' ? 'partial' : kind,
      note,
      ...(interval ? { interval } : {}),
    };
  });
  const chances = new Set(runs.map(chanceOf));
  const options = chances.size === 1 ? { chance: [...chances][0]! } : {};
  return {
    wide: accuracyBars(bars, { ...options, width: 860 }),
    narrow: accuracyBars(bars, { ...options, width: 350 }),
  };
}

/** The accuracy of always answering with the class that most validation images have. */
function chanceOf(run: LoadedRun): number {
  const { validation } = run.run.data.counts;
  return validationCount(run) === 0
    ? 1 / run.run.data.classes.length
    : Math.max(...validation) / sum(validation);
}

/** The floor of the small curves: the tenth below everything that they show. */
function lowestOf(runs: readonly LoadedRun[]): number {
  const values = runs.flatMap((run) => run.history.map((epoch) => epoch.valAccuracy));
  return Math.max(0, Math.floor(Math.min(1, ...values) * 10 - 0.2) / 10);
}

/** The weights, and a row a split: how many images' features there are. Damaged files are named. */
function featuresIn(dir: string): Fact[] {
  const weights = new Set<string>();
  const splits = ['train', 'validation', 'test'].flatMap((split): Fact[] => {
    const path = join(dir, `${split}.json`);
    if (!existsSync(path)) return [];
    try {
      const features = readJson(path, featureRowsSchema);
      weights.add(features.weights);
      const time = features.seconds === undefined ? '' : ` in ${duration(features.seconds)}`;
      return [
        { term: split, text: `${counted(features.rows.length, 'image')}${time} on ${features.provider}` },
      ];
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      return [{ term: split, text: `left out: ${error.message}` }];
    }
  });
  return [...splits, ...[...weights].map((text) => ({ term: 'weights', text }))];
}
