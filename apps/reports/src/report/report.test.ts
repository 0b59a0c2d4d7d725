import type { LoadedRun, Prediction, Run } from '@sightline/runs';
import { expect, test } from 'vitest';
import { confusionOf } from './answers.ts';
import { findBaseline } from './curves.ts';
import { stateOf } from './state.ts';

/** A run in memory, after some of fifteen epochs. */
function loaded(name: string, epochs: number, change: Partial<Run> = {}): LoadedRun {
  const run = {
    status: 'complete',
    experiment: name,
    command: `sightline train --experiment ${name}`,
    config: { epochs: 15 },
    metrics: null,
    ...change,
  } as Run;
  const history = Array.from({ length: epochs }, (_, i) => ({ epoch: i + 1 })) as LoadedRun['history'];
  return { dir: `/runs/${name}`, name, run, history, predictions: () => [] };
}

test('a sound run needs no words', () => {
  expect(stateOf(loaded('a', 15))).toMatchObject({
    kind: 'sound',
    note: '15 epochs',
    advice: '',
    command: null,
  });
});

test('an interrupted run can go on', () => {
  expect(stateOf(loaded('a', 3, { status: 'interrupted' }))).toMatchObject({
    kind: 'partial',
    note: 'interrupted after 3 of 15 epochs',
    command: 'sightline train --experiment a --resume',
  });
  expect(stateOf(loaded('a', 0, { status: 'interrupted' })).note).toBe('interrupted before its first epoch');
});

test('a run that goes on while the site is built is said to run', () => {
  expect(stateOf(loaded('a', 3, { status: 'running' }))).toMatchObject({ kind: 'partial', word: 'running' });
});

test('a failed run gives its reason, a collapsed one its advice', () => {
  const failed = stateOf(loaded('a', 2, { status: 'failed', error: 'The disk is full.' }));
  expect(failed.explanation).toBe('The run failed after 2 of 15 epochs: The disk is full.');
  const collapsed = { class: 'car', share: 0.9931, advice: 'Try another seed.' };
  const state = stateOf(loaded('a', 15, { metrics: { collapsed } as Run['metrics'] }));
  expect(state).toMatchObject({
    kind: 'collapsed',
    note: 'collapsed: it always says car',
    advice: 'Try another seed.',
  });
  expect(state.explanation).toContain('it predicts “car” for 99.3% of the validation images');
});

test('the baseline is the run of that name, or of that experiment, once it has an epoch', () => {
  const other = loaded('other', 15);
  const again = loaded('baseline-2', 15, { experiment: 'baseline' });
  expect(findBaseline([other, again, loaded('baseline', 1)])?.name).toBe('baseline');
  expect(findBaseline([other, again, loaded('baseline', 0)])?.name).toBe('baseline-2');
  expect(findBaseline([other])).toBeNull();
});

function predicted(label: string, answer: string): Prediction {
  return { path: '', label, predicted: answer, score: 0.9 };
}

test('answers are counted by true class and answer', () => {
  const answers = [predicted('a', 'a'), predicted('a', 'b'), predicted('b', 'b'), predicted('a', 'a')];
  const confusion = confusionOf(answers, ['a', 'b', 'c'])!;
  expect(confusion.rows.map((row) => row.cells.map((cell) => cell.count))).toEqual([
    [2, 1, 0],
    [0, 1, 0],
    [0, 0, 0],
  ]);
  expect(confusion.rows.map((row) => row.recall)).toEqual(['0.667', '1.000', 'no images']);
  expect([confusion.right, confusion.total]).toEqual([3, 4]);
});

test('of very many classes only the most frequent mistakes are shown', () => {
  const classes = Array.from({ length: 200 }, (_, i) => `class ${i}`);
  const answers = classes.flatMap((name, i) => [predicted(name, name), predicted(name, classes[i % 7]!)]);
  const confusion = confusionOf([...answers, predicted('class 9', 'class 2')], classes)!;
  expect(confusion.rows).toEqual([]);
  expect(confusion.mistakes).toHaveLength(20);
  expect(confusion.mistakes[0]).toEqual({ label: 'class 9', predicted: 'class 2', count: 2 });
});
