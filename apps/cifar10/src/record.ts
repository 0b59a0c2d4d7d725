/**
 * `pnpm record --experiment to-94 --seeds 2`: trains an experiment of the configuration with the seeds 1, 2, … into
 * runs/seed-N, goes on where it was stopped, and writes what came out into results.json and the README's table.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '@sightline/core/files';
import { readRun } from '@sightline/runs';
import { train } from 'sightline';
import { defineCommand, experimentName, option, runAsProcess, wholeNumber } from 'sightline/cli';
import { prepareCifar10 } from './data.ts';
import { places } from './places.ts';
import { addResult, resultOf, tableOf, writeResults } from './results.ts';

const command = defineCommand({
  usage: '',
  examples: [{ command: 'pnpm record --experiment to-94 --seeds 2', does: 'Train with two seeds' }],
  options: {
    experiment: experimentName('to-90'),
    seeds: option(wholeNumber(1).default(1), { description: 'How many seeds, from 1 on', hint: 'N' }),
    seed: option(wholeNumber(1).optional(), {
      description: 'One seed alone, in place of --seeds',
      hint: 'N',
    }),
  },
  async run({ values: { experiment = 'to-90', seeds, seed: only }, output, work: { signal, onEvent } }) {
    await prepareCifar10(cacheFolder(), places.data, { signal, onStep: output.note });
    for (const seed of only ? [only] : Array.from({ length: seeds }, (_, i) => i + 1)) {
      const out = join(places.runs, `seed-${seed}`);
      const dir = join(out, experiment);
      const isComplete = existsSync(join(dir, 'run.json')) && readRun(dir).run.status === 'complete';
      if (!isComplete) {
        const resume = existsSync(join(dir, 'checkpoints'));
        await train(places.app, { experiment, seed, out, resume, signal, onEvent });
        if (signal.aborted) return;
      }
      writeResults(addResult(resultOf(readRun(dir))));
    }
    output.result(null, tableOf());
  },
});

await runAsProcess({
  name: 'pnpm record',
  summary: 'Train on CIFAR-10 from scratch, and note how accurate it became and how long it took',
  command,
});
