import { expect, test } from 'vitest';
import { reference } from '../testing/sklearn-head.ts';
import { calibrate, probabilitiesOf } from './temperature.ts';

test.each(reference.temperatures)(
  "scipy's minimum is found at scale $scale",
  ({ logits, labels, classes, scale, loss }) => {
    const found = calibrate({ logits: Float32Array.from(logits), labels: Int32Array.from(labels), classes });
    // scipy's bounded search stops at 1e-9, Newton's method here at 1e-6, on logits that float32 has rounded.
    expect(Math.abs(found.scale / scale - 1)).toBeLessThan(1e-5);
    expect(Math.abs(found.loss - loss)).toBeLessThan(1e-6);
  },
);

test('rows that are all right leave a doubt that shrinks with their number, rows all wrong leave no confidence', () => {
  const confidence = (n: number, label: number) => {
    const logits = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? 3 : 0));
    const { scale } = calibrate({ logits, labels: new Int32Array(n).fill(label), classes: 2 });
    return probabilitiesOf(logits, 2, scale)[0]!;
  };
  // The target is 1 - 1 / (n + 2), and half of that doubt is for the label itself.
  expect(confidence(8, 0)).toBeCloseTo(1 - 0.1 / 2, 4);
  expect(confidence(98, 0)).toBeCloseTo(1 - 0.01 / 2, 4);
  expect(confidence(8, 1)).toBeCloseTo(0.5, 1);
});

test('large logits are finite probabilities', () => {
  expect([...probabilitiesOf(Float32Array.of(1000, 0, -1000), 3)]).toEqual([1, 0, 0]);
  expect([...probabilitiesOf(Float32Array.of(0, Math.log(3)), 2, 2)]).toEqual([
    expect.closeTo(0.1, 6),
    expect.closeTo(0.9, 6),
  ]);
});
