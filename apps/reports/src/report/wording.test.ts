import { listed } from '@sightline/core';
import { expect, test } from 'vitest';
import { toSlugs } from './slugs.ts';
import { setting, words } from './wording.ts';

test('lists and settings', () => {
  expect([listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
    'a',
    'a and b',
    'a, b and c',
  ]);
  expect(words('learningRate')).toBe('learning rate');
  expect(setting({ name: 'adam', learningRate: 0.01 })).toBe('adam, learning rate 0.01');
  expect(setting({ horizontalFlip: true, verticalFlip: false, rotation: 20 })).toBe(
    'horizontal flip, no vertical flip, rotation 20',
  );
  expect([setting([64, 64]), setting(['a', 'b']), setting(null), setting(true)]).toEqual([
    '64 × 64',
    'a, b',
    'none',
    'yes',
  ]);
});

test('addresses are plain and different', () => {
  expect(toSlugs(['baseline', 'Baseline', 'Räder & <b>', '..', '../../etc/passwd', '車', '車輪'])).toEqual([
    'baseline',
    'Baseline-2',
    'Rader-b',
    'run',
    'etc-passwd',
    'run-2',
    'run-3',
  ]);
});
