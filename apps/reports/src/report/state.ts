// How a run ended: sound, or collapsed, interrupted, failed or still running, and then what to try.

import { counted } from '@sightline/core';
import type { LoadedRun } from '@sightline/runs';
import type { State } from './model.ts';

export function stateOf({ run, history }: LoadedRun): State {
  const done = history.length;
  const planned = run.config.epochs;
  const soFar = done === 0 ? 'before its first epoch' : `after ${done} of ${counted(planned, 'epoch')}`;
  const collapsed = run.metrics?.collapsed ?? null;

  if (run.status === 'failed') {
    const reason = run.error ?? 'No reason was recorded.';
    return {
      kind: 'failed',
      word: 'failed',
      note: `failed ${soFar}`,
      explanation: `The run failed ${soFar}: ${reason}`,
      advice: 'Run its command again once the cause is mended.',
      command: run.command,
    };
  }
  if (collapsed) {
    return {
      kind: 'collapsed',
      word: 'collapsed',
      note: `collapsed: it always says ${collapsed.class}`,
      explanation: `The network collapsed: it predicts “${collapsed.class}” for ${collapsed.share === 1 ? 'all' : `${(collapsed.share * 100).toFixed(1)}% of the`} validation images, whatever they show, so its accuracy is only the share of the images that are of this class.`,
      advice: collapsed.advice,
      command: null,
    };
  }
  if (run.status === 'interrupted') {
    return {
      kind: 'partial',
      word: 'interrupted',
      note: `interrupted ${soFar}`,
      explanation: `The run was interrupted ${soFar}. What is shown is the state at that moment.`,
      advice: 'Run it again with --resume to go on from there.',
      command: run.command.includes('--resume') ? run.command : `${run.command} --resume`,
    };
  }
  if (run.status === 'running') {
    return {
      kind: 'partial',
      word: 'running',
      note: `still running, ${soFar}`,
      explanation: `The run was still going when this page was built, ${soFar}.`,
      advice: 'Build the site again later.',
      command: null,
    };
  }
  return {
    kind: 'sound',
    word: 'complete',
    note: counted(done, 'epoch'),
    explanation: '',
    advice: '',
    command: null,
  };
}
