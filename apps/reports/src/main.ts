// What the tasks of the repository call: `main.ts build` writes the site of the experiments to dist/, `main.ts serve`
// builds it and serves it on loopback.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildSite } from './build.ts';
import { serveSite } from './serve.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const usage = 'Usage: main.ts build|serve [--runs DIR] [--checks DIR] [--out DIR] [--port N]';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: here('../../car-or-other/runs') },
      checks: { type: 'string' },
      out: { type: 'string', default: here('../dist') },
      port: { type: 'string', default: '4321' },
    },
  });
  const [task] = positionals;
  if (task !== 'build' && task !== 'serve') throw Object.assign(new Error(usage), { code: 'usage' });
  const { runs, out, checks } = values;
  const started = performance.now();
  const site = await buildSite({
    runs,
    out,
    ...(checks ? { checks } : {}),
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  for (const { name, reason } of site.broken) console.warn(`${name} is left out: ${reason}`);
  console.log(`${site.pages} pages in ${seconds} s: ${site.index}`);
  if (task === 'serve') {
    const { url } = await serveSite({ dir: out, port: Number(values.port) });
    console.log(`Serving it at ${url} (Ctrl-C stops).`);
  }
}

main().catch((error: Error & { code?: string }) => {
  console.error(typeof error.code === 'string' ? error.message : error);
  process.exitCode = 1;
});
