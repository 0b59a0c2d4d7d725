// What to do next, as commands: at most three, chosen by what the runs of a data set lack.

import { plainPaths, quoted } from '@sightline/core';
import type { ReportRun } from './report-run.ts';
import { type FindingId, verdictOf } from './verdict.ts';

export interface NextStep {
  why: string;
  command: string;
}

/** What to try about a finding of the verdict, in the order of the verdict; null where there is nothing to try. */
const REMEDIES: Partial<Record<FindingId, (run: ReportRun) => NextStep | null>> = {
  diverging: (run) => lowerRate(run, 'Its loss grew'),
  overfits: (run) =>
    run.run.config.augmentation
      ? null
      : {
          why: 'It overfits: vary the training images',
          command: withOption(run, 'augment', 'rotation=10,zoom=0.1'),
        },
  improving: (run) => ({
    why: 'It was still improving: train longer',
    command: withOption(run, 'epochs', 2 * (run.run.config.epochs ?? run.history.length)),
  }),
};

function lowerRate(run: ReportRun, because: string): NextStep | null {
  const rate = run.run.config.optimizer?.learningRate;
  if (rate === undefined) return null;
  const command = withOption(run, 'learning-rate', Number((rate / 10).toPrecision(3)));
  return { why: `${because}: lower the learning rate`, command };
}

/** How to train a run that has no sound result again. */
function again(run: ReportRun): NextStep {
  if (run.state.word !== 'failed')
    return { why: 'Train again with another seed', command: withOption(run, 'seed', run.run.seed + 1) };
  // Training says so where the loss is no number any more.
  const isRate = /learning rate/.test(run.run.error ?? '');
  return (
    (isRate ? lowerRate(run, 'Its loss overflowed') : null) ?? {
      why: 'Fix what made it fail, then train again',
      command: run.state.command!,
    }
  );
}

export function nextSteps(runs: readonly ReportRun[], best: ReportRun | null): NextStep[] {
  const steps: NextStep[] = [];
  const stopped = runs.find(({ state }) => state.word === 'interrupted');
  if (stopped) steps.push({ why: `Resume “${stopped.name}”`, command: stopped.state.command! });
  if (best === null) {
    const [first] = runs;
    if (first && first !== stopped) steps.push(again(first));
    return steps.slice(0, 3);
  }
  const { program } = best;
  const path = quoted(best.folder);
  steps.push(...verdictOf(best).flatMap(({ id }) => REMEDIES[id]?.(best) ?? []));
  if (best.suspects.length > 0)
    steps.push({ why: 'Correct the labels that the network doubts', command: `${program} suspects ${path}` });
  steps.push(
    { why: 'Classify your own images', command: `${program} predict ${path} photo.jpg` },
    {
      why: 'Use it in another program',
      command: `${program} export ${path} --format onnx --out ${quoted(`${best.slug}.onnx`)}`,
    },
  );
  return steps.slice(0, 3);
}

/** The run's own command with one option set. */
function withOption({ run }: ReportRun, name: string, value: number | string): string {
  const command = plainPaths(run.command);
  const option = new RegExp(`(\\s--${name})[\\s=]\\S+`);
  return option.test(command) ? command.replace(option, `$1 ${value}`) : `${command} --${name} ${value}`;
}
