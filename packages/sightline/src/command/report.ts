/**
 * `sightline report`: the site of a folder of runs. The site's builder is a package of its own, with Astro behind it,
 * which those who only train don't need: it is looked for when asked for.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { counted, SightlineError } from '@sightline/core';
import { defineCommand } from 'citty';
import { openOutput } from '../terminal/output.ts';
import { sharedOptions, wholeNumber } from './options.ts';

/** What is used of @sightline/reports. */
interface Reports {
  buildSite(options: { runs: string; out: string; features?: string; checks?: string }): Promise<{
    index: string;
    pages: number;
    broken: readonly { name: string; reason: string }[];
  }>;
  serveSite(options: { dir: string; port?: number }): Promise<{ url: string }>;
}

export const report = defineCommand({
  meta: { name: 'report', description: 'Build the site of a folder of runs' },
  args: {
    runs: {
      type: 'positional',
      required: false,
      description: 'The folder of run folders; runs/ unless given',
    },
    out: { type: 'string', description: 'The folder of the site; site/ unless given', valueHint: 'SITE' },
    features: { type: 'string', description: 'The folder of VGG16 features', valueHint: 'DIR' },
    checks: {
      type: 'string',
      description:
        'The folder of data checks (`sightline check DIR --save`); checks/ beside runs/ unless given',
      valueHint: 'DIR',
    },
    serve: { type: 'boolean', description: 'Serve it to this machine until Ctrl-C' },
    port: { type: 'string', description: 'Where to serve it; 4321 unless given, 0 for any', valueHint: 'N' },
    ...sharedOptions,
  },
  async run({ args }) {
    const output = openOutput({ isJson: args.json === true });
    const port = wholeNumber('port', args.port, 0);
    const out = resolve(args.out ?? 'site');
    const { buildSite, serveSite } = await loadReports();
    const site = await buildSite({
      runs: args.runs ?? 'runs',
      out,
      ...(args.features ? { features: args.features } : {}),
      ...(args.checks ? { checks: args.checks } : {}),
    });
    for (const { name, reason } of site.broken) output.warn(`${name} is left out: ${reason}`);
    output.result(site, `${counted(site.pages, 'page')}: ${site.index}`);
    if (!args.serve) return;
    const { url } = await serveSite({ dir: out, ...(port === undefined ? {} : { port }) });
    output.note(`Serving it at ${url} (Ctrl-C stops).`);
  },
});

/** The builder that is installed where the user stands, else the one beside this program. */
async function loadReports(): Promise<Reports> {
  const name = '@sightline/reports';
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return (await import(pathToFileURL(locate(name, from)).href)) as Reports;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new SightlineError(
    'missing',
    `The site is built by the package ${name}. Install it: npm install ${name}`,
  );
}

function locate(name: string, from: string): string {
  const found = createRequire(from).resolve(name);
  if (existsSync(found)) return found;
  throw Object.assign(new Error(`${found} is not there`), { code: 'MODULE_NOT_FOUND' });
}
