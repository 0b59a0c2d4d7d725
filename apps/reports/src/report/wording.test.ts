import { counted, decimal, duration, integer, listed } from '@sightline/core';
import { expect, test } from 'vitest';
import { toSlugs } from './slugs.ts';
import { setting, words } from './wording.ts';

test('numbers', () => {
  expect([decimal(0.7), decimal(12.34567), decimal(123456), decimal(null)]).toEqual([
    '0.700',
    '12.346',
    '1.235e+5',
    'overflowed',
  ]);
  expect(integer(138357544)).toBe('138,357,544');
  expect([counted(1, 'epoch'), counted(1600, 'image')]).toEqual(['1 epoch', '1,600 images']);
});

test('durations', () => {
  expect([0.42, 7.31, 59.96, 60, 125, 3600, 3780].map(duration)).toEqual([
    '0.42 s',
    '7.3 s',
    '1 min 0 s',
    '1 min 0 s',
    '2 min 5 s',
    '1 h 0 min',
    '1 h 3 min',
  ]);
});

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
