/**
 * `npm run fuzz -- [TARGET...] [--seconds N] [--seed N]`: damaged files for every parser of files from elsewhere. Each must end in
 * a result or in a SightlineError, in bounded time and memory. Targets are the modules `<name>.fuzz.ts` beside the parsers.
 */

import { globSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fileSize, integer, listed } from '@sightline/core';
import { type CampaignResult, campaign } from './campaign.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const modules = new Map(
  globSync('packages/*/src/**/*.fuzz.ts', { cwd: root })
    .sort()
    .map((path) => [basename(path, '.fuzz.ts'), pathToFileURL(join(root, path)).href]),
);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '7' }, seed: { type: 'string', default: '1' } },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
const unknown = positionals.filter((name) => !modules.has(name));
if (unknown.length > 0 || !(seconds > 0) || !Number.isInteger(seed)) {
  console.error(
    `Usage: npm run fuzz -- [TARGET...] [--seconds N] [--seed N]\nTargets: ${listed([...modules.keys()])}. Seconds are per target. Default: 7.`,
  );
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'sightline-fuzz-'));
const row = (cells: readonly string[]) =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(14) : cell.padStart(i === 1 ? 12 : 9))).join('');

console.log(row(['target', 'executions', 'kinds', 'errors', 'crashes', 'hangs', 'slowest', 'memory']));
const results: CampaignResult[] = [];
for (const name of positionals.length > 0 ? positionals : modules.keys()) {
  const result = await campaign({ name, module: modules.get(name)!, seconds, seed, folder });
  const { executions, kinds, faults, slowest, memory } = result;
  const count = (kind: string) => String(faults.filter((fault) => fault.kind === kind).length);
  const counts = [integer(kinds), count('error'), count('crash'), count('hang')];
  console.log(row([name, integer(executions), ...counts, `${slowest.toFixed(2)} s`, fileSize(memory)]));
  results.push(result);
}

const faults = results.flatMap((result) => result.faults);
for (const { kind, what, file } of faults) console.log(`\n${kind}: ${what}\n${file}`);
// A parser that nothing was tried on has not held.
if (faults.length > 0 || results.some(({ executions }) => executions === 0)) process.exitCode = 1;
