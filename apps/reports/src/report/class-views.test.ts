import { expect, test } from 'vitest';
import { imagesOf, runInMemory } from '../../test/run-in-memory.ts';
import { classAddress, classViews, MOST_CLASS_PAGES, runsWithClassPages } from './class-views.ts';
import { fairShare } from './numbers.ts';

const images = [
  ...imagesOf(0, 3, 4, 2, { taken: 2, confidence: 0.9 }),
  ...imagesOf(1, 3, 3, 1, { taken: 0 }),
  ...imagesOf(2, 3, 5, 0),
];

test('a class has its found, missed and foreign images, and what it is confused with', () => {
  const [a, b, c] = classViews(runInMemory({ images }));
  expect([a!.found.length, a!.missed.length, a!.intruders.length]).toEqual([4, 2, 1]);
  expect(a!.takenFor).toEqual([{ label: 0, predicted: 2, count: 2 }]);
  expect(a!.mistaken).toEqual([{ label: 1, predicted: 0, count: 1 }]);
  expect(c!.missed).toEqual([]);
  expect(b!.found.every(({ label, predicted }) => label === 'b' && predicted === 'b')).toBe(true);
  expect(classViews(runInMemory({}))).toEqual([]);
});

test('the nearest other class is the one that gets the most probability, and unknown without probabilities', () => {
  expect(classViews(runInMemory({ images }))[0]!.nearest).toBeNull();
  const run = runInMemory({ images });
  const rows = run.answers.map((answer, i) => ({ ...answer, probabilities: images[i]![1] }));
  Object.defineProperty(run, 'answers', { value: rows });
  // Four images give 0.05 to each other class, two give 0.9 to `c`.
  expect(classViews(run)[0]!.nearest).toEqual({
    name: 'c',
    probability: expect.closeTo((4 * 0.05 + 2 * 0.9) / 6),
  });
});

test('the most accurate runs have pages for their classes, while there are not too many', () => {
  const classes = Array.from({ length: 200 }, (_, k) => `class ${k}`);
  const run = (name: string, correct: number) =>
    runInMemory({ name, classes, images: imagesOf(0, 200, correct, 10 - correct) });
  const runs = [run('poor', 1), run('best', 9), run('good', 8), run('fair', 5)];
  const classPages = runsWithClassPages(runs);
  expect([...classPages].map(({ name }) => name)).toEqual(['best', 'good']);
  expect(classPages.size * 200).toBeLessThanOrEqual(MOST_CLASS_PAGES);
  expect(classAddress({ classPages }, runs[1]!, 3)).toBe('runs/best/classes/class-3.html');
  expect(classAddress({ classPages }, runs[0]!, 3)).toBe('runs/poor/classes.html#c3');
  const many = Array.from({ length: MOST_CLASS_PAGES + 1 }, (_, k) => `${k}`);
  expect(
    runsWithClassPages([runInMemory({ classes: many, images: imagesOf(0, many.length, 1, 0) })]).size,
  ).toBe(1);
});

test('lists share the room that there is, and none goes empty', () => {
  expect(fairShare([3, 1, 2], 10)).toBe(3);
  expect(fairShare([100, 4, 2], 16)).toBe(10);
  expect(fairShare([100, 100], 11)).toBe(5);
  expect(fairShare(Array(50).fill(9), 10)).toBe(1);
  expect(fairShare([], 10)).toBe(1);
});
