import { randomFor } from '@sightline/data';
import { expect, test } from 'vitest';
import { learningCurve } from './learning-curve.ts';

/** Images that are predicted correctly at each of three sizes with these probabilities, mostly the same ones. */
function outcomes(accuracies: readonly number[], count: number): Uint8Array[] {
  const random = randomFor(1);
  const difficulty = Float64Array.from({ length: count }, () => random.next());
  return accuracies.map((accuracy) => Uint8Array.from(difficulty, (d) => Number(d < accuracy)));
}
const sizes = [100, 200, 400];

test('an error that halves with each doubling falls to a quarter of itself', () => {
  // 0.4, 0.2, 0.1: four times the images leave 0.025.
  const { points, gain, conclusion } = learningCurve(outcomes([0.6, 0.8, 0.9], 4000), sizes, 0);
  expect(points.map(({ images }) => images)).toEqual(sizes);
  expect(gain!.value).toBeCloseTo(0.075, 2);
  expect(gain!.low).toBeLessThan(gain!.value);
  expect(gain!.high).toBeGreaterThan(gain!.value);
  expect(conclusion).toMatch(
    /^Four times the training images would raise the accuracy by about [78] percentage points( \(\d to \d\))?\.$/,
  );
});

test('flat, falling and perfect curves promise nothing', () => {
  const sentence = 'More images of this kind would hardly raise the accuracy.';
  expect(learningCurve(outcomes([0.9, 0.9, 0.9], 2000), sizes, 0).conclusion).toBe(sentence);
  expect(learningCurve(outcomes([0.9, 0.88, 0.87], 2000), sizes, 0).conclusion).toBe(sentence);
  expect(learningCurve(outcomes([1, 1, 1], 100), sizes, 0).conclusion).toBe(sentence);
});

test('what few images cannot tell is not told', () => {
  const few = learningCurve(outcomes([0.5, 0.6, 0.7], 30), sizes, 0);
  expect(few.gain).toBeNull();
  expect(few.conclusion).toBe('Whether more images would help cannot be told from 30 images.');
  // 251 classes of two images: every part has one of each.
  const tiny = learningCurve(outcomes([0.37, 0.37, 0.3], 501), [251, 251, 401], 0);
  expect(tiny).toMatchObject({
    gain: null,
    conclusion: expect.stringMatching(/cannot be told from 501 images/),
  });
  const random = randomFor(3);
  const independent = [0.7, 0.75, 0.75].map((accuracy) =>
    Uint8Array.from({ length: 60 }, () => Number(random.next() < accuracy)),
  );
  expect(learningCurve(independent, sizes, 0).conclusion).toMatch(/cannot be told from 60 images/);
});
