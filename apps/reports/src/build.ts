// Builds the site: reads the run folders, lets Astro make the pages in a folder beside the place of the site, adds the
// pictures, and renames the folder into its place. Whatever fails, the earlier site stays.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SightlineError } from '@sightline/core';
import { marker, refuseOther, removeAbandoned, replace } from './place.ts';
import { Assets } from './report/assets.ts';
import type { Report } from './report/model.ts';
import { readReport } from './report/report.ts';

export interface BuildOptions {
  /** The folder whose folders are runs. */
  runs: string;
  /** Where the site goes. An earlier site is replaced; a folder with anything else in it is refused. */
  out: string;
  /** The folder of VGG16 features; `features` beside `runs` unless told. */
  features?: string;
  /** The folder of data checks; `checks` beside `runs` unless told. */
  checks?: string;
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
 * @throws SightlineError `missing` without the folder of runs, and SightlineError `no-runs` without a run that can be read,
 *   where there is no data check either; SightlineError `not-a-site` where `out` holds something else, and
 *   `not-writable` where nothing can be written there
 */
export async function buildSite(options: BuildOptions): Promise<BuiltSite> {
  const out = resolve(options.out);
  const runs = resolve(options.runs);
  refuseOther(out);
  const assets = new Assets();
  const beside = (name: string) => resolve(join(runs, '..', name));
  const report = readReport(
    {
      runs,
      features: resolve(options.features ?? beside('features')),
      checks: resolve(options.checks ?? beside('checks')),
    },
    assets,
  );
  const building = makeBeside(out);
  try {
    await buildPages(report, building);
    assets.write(building);
    writeFileSync(join(building, marker), `${JSON.stringify(summary(report), null, 2)}\n`);
    replace(out, building);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  const pages = 1 + report.runs.length + report.checks.length;
  return { index: join(out, 'index.html'), pages, broken: report.broken };
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

async function buildPages(report: Report, out: string): Promise<void> {
  // Before Astro is loaded: a build goes nowhere near the network.
  process.env.ASTRO_TELEMETRY_DISABLED = '1';
  const { build } = await import('astro');
  // Astro keeps types and caches in its root. In a folder of its own, builds can go on beside each other, and the
  // package itself may be read-only.
  const root = mkdtempSync(join(tmpdir(), 'sightline-site-'));
  try {
    await build({
      configFile: false,
      root,
      srcDir: fileURLToPath(new URL('../site/', import.meta.url)),
      publicDir: join(root, 'public'),
      outDir: out,
      logLevel: 'error',
      compressHTML: true,
      devToolbar: { enabled: false },
      build: { format: 'file', inlineStylesheets: 'always' },
      vite: {
        logLevel: 'error',
        build: { target: 'esnext', cssMinify: false },
        plugins: [dataPlugin(report)],
      },
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * Gives the pages their data as the module `sightline:report`, and finds Astro's own modules from here: its root is an
 * empty folder somewhere else.
 */
function dataPlugin(report: Report) {
  const id = 'sightline:report';
  const here = fileURLToPath(import.meta.url);
  return {
    name: id,
    enforce: 'pre' as const,
    resolveId(this: { resolve: Resolve }, source: string, importer: string | undefined) {
      if (source === id) return `\0${id}`;
      // Entries and virtual modules stand in no folder, so Vite would look for their imports from that root.
      const isFromNowhere = importer === undefined || !isAbsolute(importer);
      return isFromNowhere && source.startsWith('astro/')
        ? this.resolve(source, here, { skipSelf: true })
        : undefined;
    },
    load: (resolved: string) =>
      resolved === `\0${id}`
        ? `export const report = JSON.parse(${JSON.stringify(JSON.stringify(report))});`
        : undefined,
  };
}

type Resolve = (
  source: string,
  importer: string,
  options: { skipSelf: boolean },
) => Promise<{ id: string } | null>;

function summary(report: Report) {
  const runs = report.runs.map(({ name, slug, accuracy, state }) => ({
    name,
    page: `runs/${slug}.html`,
    status: state.word,
    accuracy: accuracy === null ? null : Number(accuracy),
  }));
  const checks = report.checks.map(({ name, slug, state }) => ({
    name,
    page: `data/${slug}.html`,
    status: state.word,
  }));
  return { schema: 1, sightline: report.software, runs, checks, broken: report.broken };
}
