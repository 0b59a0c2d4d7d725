import { expect, it } from 'vitest';
import { addResult, type Result, tableOf } from './results.ts';

const result = (experiment: string, seed: number, accuracy: number): Result => ({
  experiment,
  seed,
  accuracy,
  oneView: accuracy - 0.005,
  epochs: 10,
  trainingSeconds: 1200,
  seconds: 1290,
  device: 'a processor',
});

it('keeps one result per experiment and seed, in order', () => {
  const before = [result('to-94', 2, 0.93), result('to-90', 1, 0.9)];
  const after = addResult(result('to-94', 2, 0.94), addResult(result('to-94', 1, 0.95), before));
  expect(after.map(({ experiment, seed, accuracy }) => [experiment, seed, accuracy])).toEqual([
    ['to-90', 1, 0.9],
    ['to-94', 1, 0.95],
    ['to-94', 2, 0.94],
  ]);
});

it('tells mean and deviation over the seeds', () => {
  const table = tableOf([result('to-94', 1, 0.94), result('to-94', 2, 0.942)]);
  expect(table.split('\n').at(-1)).toBe(
    '| `to-94` | 10 | 2 | 94.10% ± 0.14 | 93.60% ± 0.14 | 20 min 0 s ± 0.00 s | 21 min 30 s ± 0.00 s | a processor |',
  );
});
