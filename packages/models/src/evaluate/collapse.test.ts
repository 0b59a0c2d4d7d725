import { expect, test } from 'vitest';
import { collapsed } from './collapse.ts';

const labels = Int32Array.of(0, 1, 1, 1);

test('one class for all images is a collapse, with its class, its true share and a lower rate', () => {
  expect(collapsed(Float32Array.of(0.9, 0.6, 0.51, 0.7), 1, labels, ['other', 'car'], 0.01)).toEqual({
    class: 'car',
    share: 0.75,
    advice: 'Every validation image is called car. Try another seed, or a lower learning rate such as 0.001.',
  });
  const three = Float32Array.of(0.5, 0.3, 0.2, 0.4, 0.3, 0.3, 0.5, 0.3, 0.2, 0.6, 0.2, 0.2);
  expect(collapsed(three, 3, labels, ['a', 'b', 'c'], 0.003)).toMatchObject({ class: 'a', share: 0.25 });
});

test('two classes answered, or one class there, is none', () => {
  expect(collapsed(Float32Array.of(0.9, 0.5, 0.6, 0.7), 1, labels, ['other', 'car'], 0.01)).toBeNull();
  expect(collapsed(Float32Array.of(0.9, 0.8), 1, Int32Array.of(1, 1), ['other', 'car'], 0.01)).toBeNull();
});
