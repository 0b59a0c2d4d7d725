/**
 * The report site. Its builder is a package of its own, with Astro behind it, which those who only train don't need: it
 * is looked for when asked for.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SightlineError } from '@sightline/core';

export interface ReportOptions {
  /** The folder of run folders, or one run's folder. Default: `runs`. */
  readonly runs?: string | undefined;
  /** The folder of the site, or with `single` the file. Default: `site`, `site.html`. */
  readonly out?: string | undefined;
  /** The folder of features. */
  readonly features?: string | undefined;
  /** The folder of saved checks. Default: `checks` beside the runs. */
  readonly checks?: string | undefined;
  /** Write one HTML file in the place of a site. Default: false. */
  readonly single?: boolean | undefined;
  /** Where the site will be on the web, for the images beside links to it. */
  readonly url?: string | undefined;
  /** Networks per data set that the site can try in a browser, the most accurate first; 0 for none. Default: 4. */
  readonly models?: number | undefined;
  /** Ends the build, which then rejects with an AbortError and leaves the earlier report. */
  readonly signal?: AbortSignal | undefined;
}

export interface BuiltReport {
  readonly index: string;
  readonly pages: number;
  /** The size of a single file. */
  readonly bytes?: number;
  /** Runs that are left out, and why. */
  readonly broken: readonly { readonly name: string; readonly reason: string }[];
}

/** The site of a training that goes on. */
export interface LiveReport {
  /** Leads to the run in training. */
  readonly url: string;
  /** A run begins to train, in this folder. */
  begin(dir: string): void;
  /** Says on the pages how far the training is. */
  say(words: string): void;
  /** Shows what is new in the run's folder. */
  changed(): void;
  /** Builds the finished site; it is served until `close`. */
  finish(): Promise<BuiltReport>;
  close(): void;
}

interface LiveReportOptions {
  /** The folder of the runs, where it keeps its own files until it is closed. */
  folder: string;
  /** The first port to try. */
  port: number;
}

/** What is used of @sightline/reports. */
interface Reports {
  buildSite(options: {
    runs: string;
    out: string;
    features?: string;
    checks?: string;
    models?: number;
    url?: string;
    signal?: AbortSignal;
  }): Promise<BuiltReport>;
  buildSingle(options: {
    runs: string;
    out: string;
    checks?: string;
    signal?: AbortSignal;
  }): Promise<BuiltReport>;
  serveSite(options: { dir: string; port?: number }): Promise<{ url: string }>;
  openLiveReport(options: LiveReportOptions): Promise<LiveReport>;
}

/**
 * Builds the report of run folders: a site, or one HTML file.
 *
 * @throws SightlineError where `@sightline/reports` is not installed, there are no runs, or the site can't be written
 */
export async function buildReport({
  runs,
  out,
  features,
  checks,
  models,
  url,
  single = false,
  signal,
}: ReportOptions = {}): Promise<BuiltReport> {
  const { buildSite, buildSingle } = await loadReports();
  if (single) {
    const file = out ?? 'site';
    return buildSingle({
      runs: runs ?? 'runs',
      out: file.endsWith('.html') ? file : `${file}.html`,
      ...(checks === undefined ? {} : { checks }),
      ...(signal ? { signal } : {}),
    });
  }
  return buildSite({
    runs: runs ?? 'runs',
    out: out ?? 'site',
    ...(features === undefined ? {} : { features }),
    ...(checks === undefined ? {} : { checks }),
    ...(models === undefined ? {} : { models }),
    ...(url === undefined ? {} : { url }),
    ...(signal ? { signal } : {}),
  });
}

/**
 * Serves a built site on localhost.
 *
 * @throws SightlineError `missing` where there is no site, `port` where the port is taken
 */
export async function serveReport(dir: string, { port }: { port?: number } = {}): Promise<{ url: string }> {
  const { serveSite } = await loadReports();
  return serveSite({ dir, ...(port === undefined ? {} : { port }) });
}

/** Starts to serve the site of a training. */
export async function openLiveReport(options: LiveReportOptions): Promise<LiveReport> {
  return (await loadReports()).openLiveReport(options);
}

const PACKAGE = '@sightline/reports';

/** The builder that is installed where the user stands, else the one beside this package. */
async function loadReports(): Promise<Reports> {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    const found = locate(from);
    if (found) return (await import(pathToFileURL(found).href)) as Reports;
  }
  throw new SightlineError(
    'missing',
    `The report is built by the package ${PACKAGE}, which is not installed: npm install ${PACKAGE}`,
  );
}

function locate(from: string): string | undefined {
  try {
    const found = createRequire(from).resolve(PACKAGE);
    return existsSync(found) ? found : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
