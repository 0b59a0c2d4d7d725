import { expect, test } from 'vitest';
import { imagesOf, runInMemory } from '../../test/run-in-memory.ts';
import { thresholdOf } from './trial.ts';

const threshold = (images: ReturnType<typeof imagesOf>) => thresholdOf(runInMemory({ images }).answers);

test('the threshold is the least confidence from which on 95% of the answers are right', () => {
  const sure = imagesOf(0, 3, 38, 2, { confidence: 0.9 });
  const unsure = imagesOf(1, 3, 10, 10, { confidence: 0.6 });
  expect(threshold(sure)).toBeCloseTo(0.9, 6);
  expect(threshold([...sure, ...unsure])).toBeCloseTo(0.9, 6);
  // Those below are right as well: of all 60, 58.
  expect(threshold([...sure, ...imagesOf(1, 3, 20, 0, { confidence: 0.6 })])).toBeCloseTo(0.6, 6);
});

test('without enough right answers there is none', () => {
  expect(threshold(imagesOf(0, 3, 37, 3, { confidence: 0.9 }))).toBeNull();
  // All of nine are right, which says little.
  expect(threshold(imagesOf(0, 3, 9, 0, { confidence: 0.9 }))).toBeNull();
  expect(threshold([])).toBeNull();
});

test('equal confidences are on one side of it', () => {
  // In whichever order they come: 20 right and 10 wrong answers of one confidence.
  const equal = [...imagesOf(0, 3, 20, 0), ...imagesOf(1, 3, 0, 10)];
  expect(threshold(equal)).toBeNull();
  expect(threshold(equal.toReversed())).toBeNull();
});
