// How a run ended: complete, collapsed, interrupted, failed or still running, and what to do about it.

import { counted, plainPaths } from '@sightline/core';
import type { Collapsed } from '@sightline/metrics';
import type { LoadedRun } from '@sightline/runs';
import { sum } from './numbers.ts';

export interface State {
  kind: 'sound' | 'partial' | 'collapsed' | 'failed';
  word: 'complete' | 'collapsed' | 'interrupted' | 'failed' | 'running';
  /** A few words, for a chart or a table. */
  note: string;
  /** What happened, in a sentence; empty for a sound run. */
  explanation: string;
  /** What to do about it, in a sentence; empty for a sound run. */
  advice: string;
  /** A command to try, where there is one. */
  command: string | null;
}

export function stateOf({ run, isUpgraded, history }: LoadedRun): State {
  const done = history.length;
  const soFar =
    done === 0 ? 'before its first epoch' : `after ${done} of ${counted(run.config.epochs ?? done, 'epoch')}`;
  const collapsed = run.metrics?.collapsed ?? null;
  const command = plainPaths(run.command);
  if (run.status === 'failed') {
    return {
      kind: 'failed',
      word: 'failed',
      note: `failed ${soFar}`,
      explanation: `This run failed ${soFar}: ${plainPaths(run.error ?? 'no reason was recorded.')}`,
      advice: 'Fix the cause, then run the command again.',
      command,
    };
  }
  if (collapsed) {
    return {
      kind: 'collapsed',
      word: 'collapsed',
      note: `collapsed: always predicts ${shortened(collapsed.class)}`,
      explanation: collapseOf(run, collapsed),
      // Its first sentence says what the explanation says.
      advice: collapsed.advice.replace(/^.*?\. (?=(Try|Add) )/s, ''),
      command: null,
    };
  }
  if (run.status === 'interrupted') {
    return {
      kind: 'partial',
      word: 'interrupted',
      note: `interrupted ${soFar}`,
      explanation: `This run was interrupted ${soFar}. The page shows the state at that moment.`,
      advice: isUpgraded ? 'An earlier version of Sightline wrote it. Train it again:' : 'Resume it:',
      command: isUpgraded || command.includes('--resume') ? command : `${command} --resume`,
    };
  }
  if (run.status === 'running') {
    return {
      kind: 'partial',
      word: 'running',
      note: `running, ${soFar}`,
      explanation: `This run was still training when the page was built, ${soFar}.`,
      advice: 'Build the report again to see more.',
      command: null,
    };
  }
  const note = done === 0 ? 'complete' : counted(done, 'epoch');
  return { kind: 'sound', word: 'complete', note, explanation: '', advice: '', command: null };
}

/** Letters of a class in a note, at most; the explanation has all. */
const LONGEST_NAME = 24;

function shortened(name: string): string {
  const letters = Array.from(new Intl.Segmenter('en').segment(name), ({ segment }) => segment);
  return letters.length > LONGEST_NAME
    ? `${letters
        .slice(0, LONGEST_NAME - 1)
        .join('')
        .trimEnd()}…`
    : name;
}

/** "The network collapsed: it predicts “dog” for all 400 validation images. 40 of them are “dog”: that is its accuracy." */
function collapseOf({ data }: LoadedRun['run'], { class: name, share }: Collapsed): string {
  const { validation } = data.counts;
  const all = sum(validation);
  const own = validation[data.classes.indexOf(name)] ?? 0;
  const images =
    share === 1
      ? `all ${counted(all, 'validation image')}`
      : `${(share * 100).toFixed(1)}% of the validation images`;
  const is = own === 1 ? 'is' : 'are';
  return `The network collapsed: it predicts “${name}” for ${images}. Only ${own} of them ${is} “${name}”.`;
}
