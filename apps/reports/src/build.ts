// Builds the site: reads the run folders, renders the pages into a folder beside the place of the site, adds the
// pictures, and renames the folder into its place. Whatever fails, the earlier site stays. Nothing is written anywhere
// else: neither to the system's folder for temporary files, nor to the working folder.

import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SightlineError } from '@sightline/core';
import { notWritable, writeFileAtomic } from '@sightline/core/files';
import { isRun, type LoadedRun } from '@sightline/runs';
import { makeBeside, marker, refuseOther, removeAbandoned, replace, siteIn } from './place.ts';
import { openRenderer, type Renderer } from './render.ts';
import { Assets } from './report/assets.ts';
import { type Report, readReport } from './report/report.ts';
import { addShareImages } from './share-images.ts';
import { joinPages, SINGLE_MARK } from './single.ts';
import { trialRuntimes, writeTrial } from './write-trial.ts';

export interface BuildOptions {
  /** The folder whose folders are runs, or one run's folder. */
  runs: string;
  /** Where the site goes. An earlier site is replaced; a folder with anything else in it is refused. */
  out: string;
  /** The folder of data checks. Default: `checks` beside `runs`. */
  checks?: string;
  /** Networks per data set that can be tried in a browser, the most accurate first; 0 for none. Default: 4. */
  models?: number;
  /**
   * Where the site will be on the web. Programs that show an image beside a link ask for its whole address. Default: the
   * address of the image from the page, which some of them understand.
   */
  url?: string;
  /** Ends the build, which then rejects with an AbortError and leaves the earlier site. */
  signal?: AbortSignal;
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
    return await writeSite(
      options,
      async (report, folder) => (renderer = await openRenderer(report, folder)),
    );
  } finally {
    renderer?.close();
  }
}

/** As `buildSite`, with a renderer that is open or one that is opened for the report. */
export async function writeSite(
  options: BuildOptions,
  renderer: Renderer | ((report: Report, folder: string) => Promise<Renderer>),
): Promise<BuiltSite> {
  const out = resolve(options.out);
  refuseOther(out);
  const assets = new Assets();
  const report = reportFor(options, assets);
  const building = makeBeside(out);
  const site = siteIn(building);
  const { signal } = options;
  try {
    removeAbandoned(out);
    await turn(signal);
    refuseFullDisk(building, assets.bytes);
    const { pagesOf } = typeof renderer === 'function' ? await renderer(report, building) : renderer;
    const pages = await pagesOf(report);
    for (const [address, render] of pages) {
      const path = join(site, address);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, await render());
      await turn(signal);
    }
    await addShareImages(report, assets);
    // After the pages: they name the pictures that they show.
    assets.write(site);
    if (report.datasets.some(({ trials }) => trials.length > 0)) await writeTrial(site);
    writeFileSync(join(site, marker), `${JSON.stringify(summary(report), null, 2)}\n`);
    await turn(signal);
    replace(out, building);
    return { index: join(out, 'index.html'), pages: pages.size, broken: report.broken };
  } catch (error) {
    if (isRefused(error)) throw notWritable(out, error);
    throw error;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

export interface SingleFile extends BuiltSite {
  /** The file's size. */
  bytes: number;
}

/**
 * Builds the same report as one HTML file, to send to someone: it needs no other file and no server. Networks can't be
 * tried in it.
 * @param options `out` is the file. An earlier report is replaced; any other file is refused
 * @throws SightlineError as `buildSite`
 */
export async function buildSingle(options: Omit<BuildOptions, 'models' | 'url'>): Promise<SingleFile> {
  const out = resolve(options.out);
  if (existsSync(out) && !readFileSync(out, 'utf8').includes(SINGLE_MARK)) {
    throw new SightlineError(
      'not-a-site',
      `The report would replace ${out}, which is no report. Choose another file.`,
    );
  }
  const assets = new Assets();
  const report = reportFor({ ...options, models: 0 }, assets);
  const building = makeBeside(out);
  let renderer: Renderer | undefined;
  try {
    removeAbandoned(out);
    await turn(options.signal);
    refuseFullDisk(building, assets.bytes);
    renderer = await openRenderer(report, building);
    const rendered = new Map<string, string>();
    for (const [address, render] of await renderer.pagesOf(report)) {
      rendered.set(address, await render());
      await turn(options.signal);
    }
    await addShareImages(report, assets);
    const { html, pages } = joinPages(rendered, assets);
    await turn(options.signal);
    writeFileAtomic(out, html);
    return { index: out, pages, broken: report.broken, bytes: Buffer.byteLength(html) };
  } catch (error) {
    if (isRefused(error)) throw notWritable(out, error);
    throw error;
  } finally {
    renderer?.close();
    rmSync(building, { recursive: true, force: true });
  }
}

/** Lets a signal of the system come in, and ends the work where one has. */
async function turn(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}

function reportFor({ runs, checks, models = 4, url }: Omit<BuildOptions, 'out'>, assets: Assets): Report {
  const isOne = isRun(runs);
  const folder = resolve(isOne ? dirname(resolve(runs)) : runs);
  const folders = { runs: folder, checks: resolve(checks ?? join(folder, '..', 'checks')) };
  const contents = { models, runtimes: trialRuntimes(), url: url && siteAddress(url) };
  if (!isOne) return readReport(folders, contents, assets);
  const isShown = ({ name }: LoadedRun) => name === basename(resolve(runs));
  return readReport(folders, { ...contents, isShown, isAlone: true }, assets);
}

/** @throws SightlineError `option` for what is no address of the web */
function siteAddress(url: string): string {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new SightlineError('option', `The site's address begins with https:// or http://, not “${url}”.`);
  return url.endsWith('/') ? url : `${url}/`;
}

/** What the modules that make the pages take, and the pages of a few runs. */
const PAGES_BYTES = 4_000_000;

/** Before minutes are spent on a site that has no place. */
function refuseFullDisk(folder: string, assets: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < PAGES_BYTES + assets)
    throw Object.assign(new Error('The disk is full.'), { code: 'ENOSPC' });
}

/** Whether the system refused to write. */
function isRefused(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO'].includes(`${code}`);
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
