// The default data set of the benchmarks is the experiment's own: car or other from CIFAR-10, which its task `data`
// fetches and prepares where that was not done before.

import { join } from 'node:path';
import { places } from './places.ts';
import { runProgram } from './program.ts';

export const classes = ['other', 'car'] as const;

/** The folder of the prepared images. */
export async function carOrOther(): Promise<string> {
  const { SIGHTLINE_DATA: _, ...env } = process.env;
  const task = join(places.experiment, 'src/data-task.ts');
  await runProgram(process.execPath, [...process.execArgv, task], { env });
  return join(places.experiment, 'data');
}
