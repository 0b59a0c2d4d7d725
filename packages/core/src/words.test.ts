// Names in sentences: what would be obeyed or not be seen is escaped, and what people write is left alone.

import { expect, it } from 'vitest';
import { reasonOf } from './reason.ts';
import {
  counted,
  decimal,
  duration,
  fileSize,
  integer,
  listed,
  nearest,
  printable,
  shown,
  visible,
} from './words.ts';

it('shows names whole, on one line and as they are spelled', () => {
  expect(shown('two words 🚗 ü "x".jpg')).toBe('"two words 🚗 ü \\"x\\".jpg"');
  expect(shown('a\n\u001b[31m\u009b2J\u202egpj.exe\u200b')).toBe(
    '"a\\n\\x1b[31m\\x9b2J\\u202egpj.exe\\u200b"',
  );
});

it('shows what a terminal would obey, and leaves lines and tabs', () => {
  // Clears the screen, sets the title, turns the direction of the text around, and conceals it.
  expect(printable('a\u001b[2J\u001b[Hb\u001b]0;title\u0007c\u009b2Jd\u202egpj.exe\u001b[8m')).toBe(
    'a\\x1b[2J\\x1b[Hb\\x1b]0;title\\x07c\\x9b2Jd\\u202egpj.exe\\x1b[8m',
  );
  expect(printable('no\tün 🚗\n')).toBe('no\tün 🚗\n');
});

it('shows every control character and direction mark of a name, and leaves letters of all scripts', () => {
  // Unicode's own lists: general categories, and the bidirectional property as Node's regular expressions know it.
  const wrong = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((letter) => {
    const isUnseen = /^[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\ufeff]$/u.test(letter);
    return isUnseen ? !/^[\x20-\x7e]{2,}$/.test(visible(letter)) : visible(letter) !== letter;
  });
  expect(wrong).toEqual([]);
  for (const name of ['👩‍🌾 farmer', 'می‌خواهم', 'Größe', '猫', 'a b']) expect(visible(name)).toBe(name);
});

it('says reasons in words', () => {
  expect(reasonOf(Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' }))).toBe('the disk is full');
  expect(reasonOf(new Error('first line\nsecond line'))).toBe('first line');
});

it('writes numbers, durations, sizes and lists as people read them', () => {
  expect([integer(138357544), integer(999), integer(-1234.6)]).toEqual(['138,357,544', '999', '-1,235']);
  expect([decimal(0.12345), decimal(12345.6), decimal(null), decimal(Number.NaN)]).toEqual([
    '0.123',
    '1.235e+4',
    'overflow',
    'overflow',
  ]);
  expect([0.0412, 7.3, 59.96, 125, 3780].map(duration)).toEqual([
    '0.04 s',
    '7.3 s',
    '1 min 0 s',
    '2 min 5 s',
    '1 h 3 min',
  ]);
  expect([812, 9_271_400, 999_600, 31_000_000_000].map(fileSize)).toEqual([
    '812 B',
    '9.3 MB',
    '1.0 MB',
    '31 GB',
  ]);
  expect([counted(1, 'image'), counted(2, 'class'), counted(1200, 'batch'), counted(15, 'epoch')]).toEqual([
    '1 image',
    '2 classes',
    '1,200 batches',
    '15 epochs',
  ]);
  expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'], 'or')]).toEqual([
    '',
    'a',
    'a and b',
    'a, b or c',
  ]);
});

it('finds the name that was meant', () => {
  const names = ['epochs', 'batch-size', 'seed', 'experiment', 'out'];
  expect(['epoch', 'bacth-size', 'sede', 'experimnt'].map((word) => nearest(word, names))).toEqual([
    'epochs',
    'batch-size',
    'seed',
    'experiment',
  ]);
  expect(nearest('augment', names)).toBeUndefined();
});
