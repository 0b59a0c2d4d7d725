import { counted, decimal, duration, integer, visible } from '@sightline/core';
import { expect, test } from 'vitest';
import { table } from './table.ts';

test('a table is as wide as its cells', () => {
  const text = table(
    [{ title: 'name' }, { title: 'n', align: 'right' }],
    [
      ['a longer name', '7'],
      ['no', '1,000'],
    ],
  );
  expect(text.split('\n')).toEqual([
    'name               n',
    '────────────────────',
    'a longer name      7',
    'no             1,000',
  ]);
});

/** Clears the screen, colors, conceals, sets the title, ends a line, turns the direction around, in one letter or more. */
const MARKS =
  '\u001b[2J \u001b[31m \u001b[1;31;8m \u001b[0m \u001b]0;t\u0007 \u009b8m \n \r \t \u202e \u2066 \u200f \u2028'.split(
    ' ',
  );

test.each(MARKS)('a table shows %j in cells and titles, as wide as what is shown', (mark) => {
  const name = `a${mark}b`;
  const text = table([{ title: name }, { title: 'n', align: 'right' }], [[name, '7']]);
  const lines = text.split('\n');
  const cell = visible(name);
  expect(cell).toMatch(/^a\\.*b$/);
  expect(lines).toEqual([`${cell}  n`, '─'.repeat(cell.length + 3), `${cell}  7`]);
});

test('a table that is too wide leaves out columns, then shortens words', () => {
  const columns = [
    { title: 'image', keeps: 'end' },
    { title: 'loss', align: 'right', drop: 2 },
    { title: 'class' },
    { title: 'time', align: 'right', drop: 1 },
  ] as const;
  const rows = [['photos/daisy/1044296388_912143e1d4.jpg', '0.123', 'a daisy of the fields', '1.5 s']];
  const lines = (width: number) => table(columns, rows, width).split('\n');
  expect(lines(100)[2]).toBe('photos/daisy/1044296388_912143e1d4.jpg  0.123  a daisy of the fields  1.5 s');
  expect(lines(72)[2]).toBe('photos/daisy/1044296388_912143e1d4.jpg  a daisy of the fields  1.5 s');
  expect(lines(62)[2]).toBe('photos/daisy/1044296388_912143e1d4.jpg  a daisy of the fields');
  expect(lines(40)).toEqual([
    'image                class',
    '─'.repeat(40),
    '…388_912143e1d4.jpg  a daisy of the fie…',
  ]);
  for (let width = 18; width < 100; width++)
    for (const line of lines(width)) expect(line.length).toBeLessThanOrEqual(width);
});

test('letters of two columns, and marks of none, leave the columns of a table straight', () => {
  const columns = [{ title: '种类' }, { title: 'n', align: 'right' }] as const;
  const rows = ['动物', '😀 faces', '👨‍👩‍👧 team', 'किताब', 'cafe\u0301', '한국어'].map((name) => [
    name,
    '7',
  ]);
  expect(table(columns, rows).split('\n')).toEqual([
    '种类      n',
    '───────────',
    '动物      7',
    '😀 faces  7',
    '👨‍👩‍👧 team   7',
    'किताब     7',
    'cafe\u0301      7',
    '한국어    7',
  ]);
  expect(table(columns, [['photos/动物动物动物', '1']], 15).split('\n')[2]).toBe('photos/动物…  1');
  expect(table([{ title: '', keeps: 'end' }], [['动物动物动物.jpg']], 9).split('\n')[2]).toBe('…动物.jpg');
  expect(table([{ title: '', keeps: 'end' }], [['team-👨‍👩‍👧👨‍👩‍👧.jpg']], 9).split('\n')[2]).toBe(
    '…👨‍👩‍👧👨‍👩‍👧.jpg',
  );
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
