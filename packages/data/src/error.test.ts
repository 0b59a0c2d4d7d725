// Names in sentences: what would be obeyed or not be seen is escaped, and what people write is left alone.

import { expect, it } from 'vitest';
import { reasonOf, shown } from './error.ts';

it('shows names whole, on one line and as they are spelt', () => {
  expect(shown('two words 🚗 ü "x".jpg')).toBe('"two words 🚗 ü \\"x\\".jpg"');
  expect(shown('a\n\u001b[31m\u009b2J\u202egpj.exe\u200b')).toBe(
    '"a\\n\\u001b[31m\\u009b2J\\u202egpj.exe\\u200b"',
  );
});

it('says reasons in words', () => {
  expect(reasonOf(Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' }))).toBe(
    'no space is left on the disk',
  );
  expect(reasonOf(new Error('first line\nsecond line'))).toBe('first line');
});
