import { expect, test } from 'vitest';
import { collapsed, lowerRate } from './collapse.ts';

const labels = Int32Array.of(0, 1, 1, 1);

test('one class for all images is a collapse, with the share of its predictions and a lower learning rate', () => {
  expect(
    collapsed(Float32Array.of(0.9, 0.6, 0.51, 0.7), 1, labels, ['other', 'car'], lowerRate(0.01)),
  ).toEqual({
    class: 'car',
    share: 1,
    advice:
      'Every validation image is predicted as car. Try another seed, or a lower learning rate such as 0.001.',
  });
  const three = Float32Array.of(0.5, 0.3, 0.2, 0.4, 0.3, 0.3, 0.5, 0.3, 0.2, 0.6, 0.2, 0.2);
  expect(collapsed(three, 3, labels, ['a', 'b', 'c'], lowerRate(0.003))).toMatchObject({
    class: 'a',
    share: 1,
  });
});

test('a few wrong exceptions are still a collapse; right ones in an imbalanced set are not', () => {
  const rows = Float32Array.from({ length: 200 }, (_, i) => (i === 0 ? 0.1 : 0.9));
  const wrong = Int32Array.from({ length: 200 }, (_, i) => (i % 2 ? 0 : 1));
  expect(collapsed(rows, 1, wrong, ['other', 'car'])).toMatchObject({
    class: 'car',
    share: 0.995,
    advice: expect.stringContaining('99.5% of the validation images are predicted as car'),
  });
  const right = Int32Array.from({ length: 200 }, (_, i) => (i === 0 ? 0 : 1));
  expect(collapsed(rows, 1, right, ['other', 'car'])).toBeNull();
});

test('two predicted classes, or labels of a single class, are not a collapse', () => {
  expect(
    collapsed(Float32Array.of(0.9, 0.5, 0.6, 0.7), 1, labels, ['other', 'car'], lowerRate(0.01)),
  ).toBeNull();
  expect(
    collapsed(Float32Array.of(0.9, 0.8), 1, Int32Array.of(1, 1), ['other', 'car'], lowerRate(0.01)),
  ).toBeNull();
});
