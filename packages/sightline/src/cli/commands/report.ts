/** `sightline report`: the site of a folder of runs. */

import { counted, fileSize, quoted, SightlineError } from '@sightline/core';
import { PROGRAM } from '../../config/command-line.ts';
import { buildReport, serveReport } from '../../index.ts';
import { defineCommand } from '../command.ts';
import { flag, option, text, wholeNumber } from '../option.ts';

export const command = defineCommand({
  usage: '[RUNS]',
  arguments: { RUNS: "The folder of run folders, or one run's. Default: runs" },
  examples: [
    { command: 'sightline report runs --serve', does: 'Build the site, and serve it' },
    { command: 'sightline report runs --out public', does: 'Static files for any server' },
    { command: 'sightline report runs/transfer --single', does: 'One file to send to someone' },
  ],
  options: {
    out: option(text('a folder').default('site'), { description: 'The folder of the site', hint: 'SITE' }),
    features: option(text('a folder').optional(), {
      description: 'The folder of features',
      hint: 'DIR',
      defaultText: 'features, beside the runs',
    }),
    checks: option(text('a folder').optional(), {
      description: 'The folder of checks that `sightline check DIR --save` keeps',
      hint: 'DIR',
      defaultText: 'checks, beside the runs',
    }),
    models: option(wholeNumber(0).default(4), {
      description: 'Networks per data set to try in a browser, the most accurate first, 0 for none',
      hint: 'N',
    }),
    url: option(text('an address').optional(), {
      description: 'Where the site will be on the web, for the image beside links to it',
      hint: 'URL',
    }),
    single: flag('Write one HTML file, SITE.html, without networks to try'),
    serve: flag('Serve it on localhost until Ctrl-C'),
    port: option(wholeNumber(0).default(4321), { description: 'Port to serve on, 0 for any', hint: 'N' }),
  },
  async run({
    values: { out, features, checks, models, url, single, serve, port },
    args: [runs = 'runs'],
    output,
    work: { signal },
  }) {
    if (single && serve) {
      throw new SightlineError('usage', '--single writes a file that needs no server: leave out --serve.');
    }
    output.status('building the site');
    const site = await buildReport({ runs, out, features, checks, models, url, single, signal });
    for (const { name, reason } of site.broken) output.warn(`${name} is left out: ${reason}`);
    const size = site.bytes === undefined ? '' : ` in one file of ${fileSize(site.bytes)}`;
    output.result(site, `${counted(site.pages, 'page')}${size}: ${site.index}`);
    if (single) output.note('It opens in any browser, without a server.');
    if (!serve) {
      const where = single ? '' : ` --out ${quoted(out)}`;
      const command = `${PROGRAM} report ${quoted(runs)}${where} --serve`;
      output.next({ command, does: single ? 'Try the networks, too' : 'Look at it in a browser' });
      return;
    }
    const server = await serveReport(out, { port });
    output.note(`Serving it at ${server.url} (Ctrl-C stops).`);
  },
});
