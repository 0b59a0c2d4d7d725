// Against Keras' schedules (CosineDecay with alpha 0.1 over 100 steps, ExponentialDecay with staircase).

import { expect, test } from 'vitest';
import { rateFactor as factorOf } from './schedule.ts';
import { type Schedule, scheduleSchema } from './settings.ts';

const rateFactor = (schedule: Schedule, at: number, epochs: number) =>
  factorOf(scheduleSchema.parse(schedule), at, epochs);

test('half a cosine', () => {
  const keras = [
    [0, 1],
    [10, 0.977975],
    [35, 0.754296],
    [50, 0.55],
    [90, 0.122025],
    [100, 0.1],
  ] as const;
  for (const [at, expected] of keras) {
    expect(rateFactor({ name: 'cosine', minimum: 0.1 }, at, 100)).toBeCloseTo(expected, 6);
  }
});

test('steps', () => {
  const keras = [
    [0, 1],
    [3, 1],
    [4, 0.5],
    [9, 0.25],
    [12, 0.125],
  ] as const;
  for (const [at, expected] of keras) {
    expect(rateFactor({ name: 'step', every: 4, factor: 0.5 }, at, 20)).toBe(expected);
  }
});

test('a warm-up rises to the full rate, and the schedule covers what is left', () => {
  const warm = { name: 'cosine', warmupEpochs: 2 } as const;
  expect(rateFactor(warm, 0, 10)).toBe(0.01);
  expect(rateFactor(warm, 1, 10)).toBe(0.5);
  expect(rateFactor(warm, 2, 10)).toBe(1);
  expect(rateFactor(warm, 6, 10)).toBeCloseTo(0.5, 12);
  expect(rateFactor(warm, 10, 10)).toBeCloseTo(0, 12);
  expect(rateFactor({ name: 'constant', warmupEpochs: 2 }, 5, 10)).toBe(1);
});
