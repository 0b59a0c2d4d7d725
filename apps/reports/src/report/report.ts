// The whole report, from the run folders and the data checks beside them.

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { plainPaths, SightlineError, upperFirst, visible } from '@sightline/core';
import { type LoadedCheck, type LoadedRun, listChecks, listRuns } from '@sightline/runs';
import type { Assets } from './assets.ts';
import { type CheckPage, checkPage } from './check-page.ts';
import { datasetOf, isCheckOf, type ReportDataset, titleOf } from './dataset.ts';
import { ReportRun } from './report-run.ts';
import { toSlugs } from './slugs.ts';
import type { TrialRuntimes } from './trial.ts';
import { visibleStrings } from './visible-strings.ts';

export interface Report {
  /** The title of the only data set, or a general one. */
  title: string;
  datasets: readonly ReportDataset[];
  checks: readonly CheckPage[];
  /** Folders that look like runs or checks and cannot be read. */
  broken: readonly { name: string; reason: string }[];
  /** The version that made the site. */
  software: string;
  /** ONNX Runtime for browsers, where there are networks to try. */
  runtimes: TrialRuntimes;
  /** Where the site will be, with a slash at its end; null where that is not known. */
  url: string | null;
  /** How far the training is that the site is served along with; null in a site that is built. */
  live: Live | null;
}

/** A training that goes on, as the pages are told of it. */
export interface Live {
  /** Counts the states of the report. */
  version: number;
  words: string;
}

/** The folders that a site is made from. */
export interface ReportFolders {
  runs: string;
  checks: string;
}

/** What goes into a site besides what the folders say. */
export interface ReportContents {
  /** Networks per data set that can be tried in a browser. */
  models: number;
  runtimes: TrialRuntimes;
  url?: string | undefined;
  /** Default: every run. */
  isShown?: (run: LoadedRun) => boolean;
  /** Whether the report is about what is shown alone: no check of other data, and nothing that is broken. Default: false. */
  isAlone?: boolean;
}

/**
 * Reads all runs, grouped by data set, and the data checks beside them. Pictures go to `assets`.
 * @throws SightlineError `missing` without the folder of runs, and `no-runs` where no run in it can be read; neither
 *   where there is a data check, which a site may show alone
 */
export function readReport(folders: ReportFolders, contents: ReportContents, assets: Assets): Report {
  const { checks: found, broken: brokenChecks } = listChecks(folders.checks);
  const loadedChecks = found.map((each) => ({
    ...each,
    name: visible(each.name),
    check: visibleStrings(each.check),
  }));
  const { isAlone = false } = contents;
  const { runs: loaded, broken } = runsIn(folders.runs, isAlone ? [] : loadedChecks, contents.isShown);
  const slugs = toSlugs(loaded.map(({ name }) => name));
  const runs = loaded
    .map((run, i) => new ReportRun(run, slugs[i]!, assets))
    .sort((a, b) => Date.parse(a.run.startedAt) - Date.parse(b.run.startedAt));
  const shownChecks = isAlone
    ? loadedChecks.filter((check) => runs.some((run) => isCheckOf(check, run)))
    : loadedChecks;
  const checkSlugs = toSlugs(shownChecks.map(({ name }) => name));
  const checks = shownChecks.map((check, i) => checkPage(check, checkSlugs[i]!, assets));
  const datasets = datasetsOf(runs, shownChecks, checks, contents);
  return {
    title: datasets.length === 1 ? datasets[0]!.title : datasets.length > 1 ? 'Training runs' : 'Data checks',
    datasets,
    checks,
    broken: (isAlone ? [] : [...broken, ...brokenChecks]).map(({ dir, reason }) => ({
      name: visible(basename(dir)),
      reason: visible(
        plainPaths(reason.replaceAll(`${folders.runs}/`, '').replaceAll(`${folders.checks}/`, '')),
      ),
    })),
    runtimes: contents.runtimes,
    url: contents.url ?? null,
    live: null,
    software: (loaded[0]?.run ?? loadedChecks[0]!.check).software.sightline,
  };
}

function datasetsOf(
  runs: readonly ReportRun[],
  loadedChecks: readonly LoadedCheck[],
  checks: readonly CheckPage[],
  { models }: ReportContents,
): ReportDataset[] {
  const groups = [...Map.groupBy(runs, ({ run }) => run.data.hash).values()];
  // A title that was given later counts.
  const titles = unique(
    groups.map((members) => titleOf(members.findLast(({ run }) => run.data.title) ?? members[0]!)),
  );
  const slugs = toSlugs(titles);
  return groups.map((members, i) => {
    const check = checks[loadedChecks.findIndex((each) => isCheckOf(each, members[0]!))] ?? null;
    const overview = groups.length === 1 ? 'index.html' : `sets/${slugs[i]}.html`;
    return datasetOf(members, titles[i]!, slugs[i]!, overview, check, models);
  });
}

/** Names that occur again get a number: two states of one folder are two data sets. */
function unique(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

function runsIn(
  dir: string,
  checks: readonly LoadedCheck[],
  isShown: (run: LoadedRun) => boolean = () => true,
): { runs: LoadedRun[]; broken: { dir: string; reason: string }[] } {
  if (checks.length > 0 && !existsSync(dir)) return { runs: [], broken: [] };
  const { runs: all, broken } = listRuns(dir);
  const runs = all.filter(isShown);
  if (runs.length > 0 || checks.length > 0) return { runs, broken };
  const reason = broken[0] ? ` ${upperFirst(broken[0].reason)}` : '';
  throw new SightlineError(
    'no-runs',
    `A report needs at least one run, and ${dir} holds none that can be read.${reason} Train one first: sightline train DIR.`,
  );
}
