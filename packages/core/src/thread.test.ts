import { expect, test } from 'vitest';
import { flagsForFile } from './thread.ts';

test.each([
  [[], undefined],
  [['--conditions=a', '--max-old-space-size=100'], undefined],
  [['--eval', 'code'], undefined],
  [
    ['--conditions=a', '--max-old-space-size=100', '--input-type=module', '--eval', 'code'],
    ['--conditions=a'],
  ],
  [
    ['-C', 'a', '--import', './hook.mjs', '--input-type', 'module', '-r=b', '-e', 'code'],
    ['-C', 'a', '--import', './hook.mjs', '-r=b'],
  ],
])('of %j a file is given %j', (flags, expected) => {
  expect(flagsForFile(flags)).toEqual(expected);
});
