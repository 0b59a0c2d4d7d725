// `npm run gpu [-- --out DIR] [--software]`: everything that needs a GPU, in one report. Each provider of onnxruntime and
// each engine that finds a GPU trains five networks and computes features beside onnxruntime on cpu: losses, the partition
// of the graphs, rates. Writes gpu-report.md and gpu-report.json. Exit code 0: all equal, or there is no GPU, and it says
// what is missing; 1: something that loads fails or differs.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROVIDERS } from '@sightline/ort/providers';
import { endWith } from '@sightline/peers';
import { machine, software } from '../machine.ts';
import { CPU, type Engine, measure, open } from './measure.ts';
import {
  type Candidate,
  candidateName,
  type GpuReport,
  missingPart,
  passes,
  renderReport,
} from './report.ts';

const CANDIDATES: readonly Engine[] = [
  ...PROVIDERS.filter((provider) => provider !== 'cpu').map((provider) => ({
    engine: 'onnxruntime',
    provider,
  })),
  { engine: 'webgpu' },
  { engine: 'tfjs-node-gpu' },
];

/** A device in software has this at the end of its name. */
const IN_SOFTWARE = /, in software$/;

await endWith(main);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: '.' },
      // Tries the command itself where there is no GPU: on small images, through SwiftShader.
      software: { type: 'boolean', default: false },
    },
  });
  const cpu = await open(CPU, false);
  const candidates: Candidate[] = [];
  for (const which of CANDIDATES) {
    const opened = await open(which, values.software);
    const nothing = { ...which, measurements: [], failures: [] };
    if ('missing' in opened) candidates.push({ ...nothing, missing: opened.missing });
    else if (IN_SOFTWARE.test(opened.device) && !values.software)
      candidates.push({ ...nothing, missing: `${opened.device}, is no GPU; --software runs on it.` });
    else {
      console.error(`${candidateName(which)}: ${opened.device}`);
      candidates.push(await measure(which, opened, cpu, { isQuick: values.software }));
    }
    opened.child?.close();
  }
  cpu.child?.close();

  if (candidates.every(({ device }) => device === undefined)) {
    console.log(
      `No GPU works here, so there is nothing to report.\n\n${missingPart(candidates).join('\n\n')}`,
    );
    return 0;
  }
  const report: GpuReport = {
    date: new Date().toISOString(),
    command: ['npm run gpu --', ...process.argv.slice(2)].join(' '),
    machine: machine(),
    software: software(),
    candidates,
  };
  const markdown = renderReport(report);
  console.log(markdown);
  await mkdir(values.out, { recursive: true });
  await writeFile(join(values.out, 'gpu-report.md'), markdown);
  await writeFile(join(values.out, 'gpu-report.json'), `${JSON.stringify(report, null, 2)}\n`);
  return passes(report) ? 0 : 1;
}
