// `npm run bench [-- NAME...] [--json FILE] [--data DIR] [--rounds N] [--experiment NAME]`: runs benchmarks and prints their tables.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { SightlineError } from '@sightline/core';
import { endWith } from '@sightline/peers';
import type { Options, Result } from './benchmark.ts';
import { benchmarks } from './benchmarks/index.ts';
import { machine, software } from './machine.ts';
import { renderTable } from './table.ts';

const usage = `npm run bench [-- NAME...] [--json FILE] [--data DIR] [--rounds N] [--experiment NAME]

${Object.entries(benchmarks)
  .map(([name, { title }]) => `  ${name.padEnd(10)} ${title}`)
  .join('\n')}`;

await endWith(main);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      data: { type: 'string' },
      rounds: { type: 'string' },
      experiment: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
  const unknown = names.find((name) => !Object.hasOwn(benchmarks, name));
  if (unknown) throw new SightlineError('usage', `There is no benchmark ${unknown}.\n\n${usage}`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new SightlineError('usage', `--rounds takes a whole number above 0, but got ${values.rounds}.`);
  }
  const options: Options = {
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(values.experiment === undefined ? {} : { experiment: values.experiment }),
  };

  const report = {
    date: new Date().toISOString(),
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    machine: machine(),
    software: software(),
    results: {} as Record<string, Pick<Result, 'measurements' | 'notes' | 'software'>>,
  };
  for (const name of names) {
    const benchmark = benchmarks[name as keyof typeof benchmarks];
    console.log(`\n${name}: ${benchmark.title}\n`);
    const { table, measurements, notes, software } = await benchmark.run(options);
    console.log(renderTable(table));
    for (const note of notes) console.log(note);
    report.results[name] = { measurements, notes, software };
  }
  if (values.json) {
    await mkdir(dirname(values.json), { recursive: true });
    await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  return 0;
}
