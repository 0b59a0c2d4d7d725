// Builds the site: reads the run folders, renders the pages into a folder beside the place of the site, adds the
// pictures, and renames the folder into its place. Whatever fails, the earlier site stays.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { SightlineError } from '@sightline/core';
import { marker, refuseOther, removeAbandoned, replace } from './place.ts';
import { openRenderer, type Renderer } from './render.ts';
import { Assets } from './report/assets.ts';
import { type Report, readReport } from './report/report.ts';
import { trialRuntimes, writeTrial } from './write-trial.ts';

export interface BuildOptions {
  /** The folder whose folders are runs. */
  runs: string;
  /** Where the site goes. An earlier site is replaced; a folder with anything else in it is refused. */
  out: string;
  /** The folder of data checks. Default: `checks` beside `runs`. */
  checks?: string;
  /** Networks per data set that can be tried in a browser, the most accurate first; 0 for none. Default: 4. */
  models?: number;
}

export interface BuiltSite {
  /** Absolute path of the site's first page, which a browser can open as a file. */
  index: string;
  pages: number;
  /** Run folders that could not be read, and why; the overview names them too. */
  broken: Report['broken'];
}

/**
 * Builds the report site of all runs in a folder, and of the data checks beside it. The same folders give the same
 * bytes.
 * @throws SightlineError `missing` without the folder of runs, `no-runs` without a run that can be read (where there is
 *   no data check either), `not-a-site` where `out` holds something else, `not-writable` where nothing can be written
 */
export async function buildSite(options: BuildOptions): Promise<BuiltSite> {
  let renderer: Renderer | undefined;
  try {
    return await writeSite(options, async (report) => (renderer = await openRenderer(report)));
  } finally {
    renderer?.close();
  }
}

/** As `buildSite`, with a renderer that is open or one that is opened for the report. */
export async function writeSite(
  options: BuildOptions,
  renderer: Renderer | ((report: Report) => Promise<Renderer>),
): Promise<BuiltSite> {
  const out = resolve(options.out);
  const runs = resolve(options.runs);
  refuseOther(out);
  const assets = new Assets();
  const checks = resolve(options.checks ?? join(runs, '..', 'checks'));
  const contents = { models: options.models ?? 4, runtimes: trialRuntimes() };
  const report = readReport({ runs, checks }, contents, assets);
  const building = makeBeside(out);
  try {
    const { pagesOf } = typeof renderer === 'function' ? await renderer(report) : renderer;
    const pages = await pagesOf(report);
    for (const [address, render] of pages) {
      const path = join(building, address);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, await render());
    }
    // After the pages: they name the pictures that they show.
    assets.write(building);
    if (report.datasets.some(({ trials }) => trials.length > 0)) await writeTrial(building);
    writeFileSync(join(building, marker), `${JSON.stringify(summary(report), null, 2)}\n`);
    replace(out, building);
    return { index: join(out, 'index.html'), pages: pages.size, broken: report.broken };
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

/** A folder beside the site's, to build it in. */
function makeBeside(out: string): string {
  const building = join(dirname(out), `.${basename(out)}.${process.pid}.${Date.now()}`);
  try {
    mkdirSync(dirname(out), { recursive: true });
    removeAbandoned(out);
    mkdirSync(building);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new SightlineError(
      'not-writable',
      `The site can't be written to ${out} (${reason}): choose a folder that can be written to.`,
      { cause },
    );
  }
  return building;
}

function summary(report: Report) {
  const runs = report.datasets.flatMap(({ title, runs }) =>
    runs.map(({ name, slug, accuracy, state }) => ({
      name,
      dataset: title,
      page: `runs/${slug}.html`,
      status: state.word,
      accuracy: accuracy === null ? null : Number(accuracy.toFixed(6)),
    })),
  );
  const checks = report.checks.map(({ name, slug, state }) => ({
    name,
    page: `data/${slug}.html`,
    status: state.word,
  }));
  return { schema: 2, sightline: report.software, runs, checks, broken: report.broken };
}
