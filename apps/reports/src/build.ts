// Builds the site: reads the run folders, lets Astro make the pages in a folder beside the place of the site, adds the
// pictures, and renames the folder into its place. Whatever fails, the earlier site stays.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SightlineError } from '@sightline/core';
import type { AstroIntegration } from 'astro';
import { marker, refuseOther, removeAbandoned, replace } from './place.ts';
import { Assets } from './report/assets.ts';
import { type Report, readReport } from './report/report.ts';

export interface BuildOptions {
  /** The folder whose folders are runs. */
  runs: string;
  /** Where the site goes. An earlier site is replaced; a folder with anything else in it is refused. */
  out: string;
  /** The folder of data checks. Default: `checks` beside `runs`. */
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
 * @throws SightlineError `missing` without the folder of runs, `no-runs` without a run that can be read (where there is
 *   no data check either), `not-a-site` where `out` holds something else, `not-writable` where nothing can be written
 */
export async function buildSite(options: BuildOptions): Promise<BuiltSite> {
  const out = resolve(options.out);
  const runs = resolve(options.runs);
  refuseOther(out);
  const assets = new Assets();
  const checks = resolve(options.checks ?? join(runs, '..', 'checks'));
  const report = readReport({ runs, checks }, assets);
  const building = makeBeside(out);
  try {
    await buildPages(report, building);
    // After the pages: they name the pictures that they show.
    assets.write(building);
    writeFileSync(join(building, marker), `${JSON.stringify(summary(report), null, 2)}\n`);
    const pages = readdirSync(building, { recursive: true }).filter((name) =>
      `${name}`.endsWith('.html'),
    ).length;
    replace(out, building);
    return { index: join(out, 'index.html'), pages, broken: report.broken };
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

async function buildPages(report: Report, out: string): Promise<void> {
  // Before Astro is loaded: a build goes nowhere near the network.
  process.env.ASTRO_TELEMETRY_DISABLED = '1';
  const { build } = await import('astro');
  // Astro keeps types and caches in its root. In a folder of its own, builds can go on beside each other, and the
  // package itself may be read-only.
  const root = mkdtempSync(join(tmpdir(), 'sightline-site-'));
  reports.set(root, report);
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
      build: { format: 'file', inlineStylesheets: 'always', server: join(root, 'server/') },
      integrations: [keepsToItsRoot],
      vite: {
        logLevel: 'error',
        build: { target: 'esnext', cssMinify: false },
        plugins: [dataPlugin(root)],
      },
    });
  } finally {
    reports.delete(root);
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * Without an adapter, Astro puts the modules that it renders with into `.astro` of the working folder, where builds would
 * overwrite each other's, and which may be read-only; with one, it puts them where `build.server` says.
 */
const keepsToItsRoot: AstroIntegration = {
  name: 'sightline',
  hooks: {
    'astro:config:done': ({ setAdapter }) =>
      setAdapter({
        name: 'sightline',
        adapterFeatures: { buildOutput: 'static', preserveBuildServerDir: true },
        supportedAstroFeatures: {
          staticOutput: 'stable',
          hybridOutput: 'stable',
          serverOutput: 'stable',
          sharpImageService: 'stable',
        },
      }),
  },
};

/** The reports that are being built, for the pages to take: several builds may go on at once. */
const shared = globalThis as typeof globalThis & { sightlineReports?: Map<string, Report> };
shared.sightlineReports ??= new Map();
const reports = shared.sightlineReports;

/**
 * Gives the pages their data as the module `sightline:report`, and the modules that they import.
 *
 * Astro renders in this process, so a page gets the report itself, whose runs are read when a page asks for them.
 * Packages of ours stay outside of what Vite bundles: a page imports the very module that this process has, whether
 * that is a source file or a built one. Astro's own modules are found from here, since its root is an empty folder
 * somewhere else.
 */
function dataPlugin(id: string) {
  const virtual = 'sightline:report';
  const here = fileURLToPath(import.meta.url);
  const require = createRequire(here);
  return {
    name: virtual,
    enforce: 'pre' as const,
    resolveId(this: { resolve: Resolve }, source: string, importer: string | undefined) {
      if (source === virtual) return `\0${virtual}`;
      if (source.startsWith('@sightline/'))
        return { id: pathToFileURL(require.resolve(source)).href, external: true };
      // Entries and virtual modules stand in no folder, so Vite would look for their imports from that root.
      const isFromNowhere = importer === undefined || !isAbsolute(importer);
      return isFromNowhere && source.startsWith('astro/')
        ? this.resolve(source, here, { skipSelf: true })
        : undefined;
    },
    load: (resolved: string) =>
      resolved === `\0${virtual}`
        ? `export const report = globalThis.sightlineReports.get(${JSON.stringify(id)});`
        : undefined,
  };
}

type Resolve = (
  source: string,
  importer: string,
  options: { skipSelf: boolean },
) => Promise<{ id: string } | null>;

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
