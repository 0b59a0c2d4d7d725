// What to do next, as commands: at most three, chosen by what the runs of a data set lack.

import { plainPaths, quoted } from '@sightline/core';
import type { ReportRun } from './report-run.ts';
import { verdictOf } from './verdict.ts';

export interface NextStep {
  why: string;
  command: string;
}

export function nextSteps(runs: readonly ReportRun[], best: ReportRun | null): NextStep[] {
  const steps: NextStep[] = [];
  const stopped = runs.find(({ state }) => state.word === 'interrupted');
  if (stopped) steps.push({ why: `Resume “${stopped.name}”`, command: stopped.state.command! });
  if (best === null) {
    const [first] = runs;
    if (first)
      steps.push({
        why: 'Train again with another seed',
        command: withOption(first, 'seed', first.run.seed + 1),
      });
    return steps.slice(0, 3);
  }
  const findings = new Set(verdictOf(best).map(({ id }) => id));
  const { program } = best;
  const path = quoted(best.folder);
  if (findings.has('improving')) {
    const epochs = 2 * (best.run.config.epochs ?? best.history.length);
    steps.push({ why: 'It was still improving: train longer', command: withOption(best, 'epochs', epochs) });
  }
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
function withOption({ run }: ReportRun, name: string, value: number): string {
  const command = plainPaths(run.command);
  const option = new RegExp(`(\\s--${name})[\\s=]\\S+`);
  return option.test(command) ? command.replace(option, `$1 ${value}`) : `${command} --${name} ${value}`;
}
