import { styleText } from 'node:util';
import { counted, decimal, duration, integer } from '@sightline/core';
import { expect, test } from 'vitest';
import { table } from './table.ts';

test('a table is as wide as its cells, and colors take no room', () => {
  const red = styleText('red', 'no', { validateStream: false });
  const text = table(
    [{ title: 'name' }, { title: 'n', align: 'right' }],
    [
      ['a longer name', '7'],
      [red, '1,000'],
    ],
  );
  expect(text.split('\n')).toEqual([
    'name               n',
    '────────────────────',
    'a longer name      7',
    `${red}             1,000`,
  ]);
});

test('numbers as people read them', () => {
  expect([0.0412, 7.31, 59.97, 125].map(duration)).toEqual(['0.04 s', '7.3 s', '1 min 0 s', '2 min 5 s']);
  expect(integer(138357544)).toBe('138,357,544');
  expect([0.12345, 12345.6, null, Number.NaN].map(decimal)).toEqual([
    '0.123',
    '1.235e+4',
    'overflow',
    'overflow',
  ]);
  expect([counted(1, 'image'), counted(2, 'class'), counted(2000, 'image')]).toEqual([
    '1 image',
    '2 classes',
    '2,000 images',
  ]);
});
