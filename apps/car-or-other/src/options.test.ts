import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test("options become the tasks' environment variables", () => {
  const options = readOptions(['--data', 'my photographs', '--seed=3', '--batch-size', '16', '--force']);
  expect(options).toMatchObject({ data: resolve('my photographs'), isForced: true, wantsHelp: false });
  expect(options.environment).toEqual({
    SIGHTLINE_DATA: resolve('my photographs'),
    SIGHTLINE_SEED: '3',
    SIGHTLINE_BATCH_SIZE: '16',
  });
});

test('without options nothing is set', () => {
  expect(readOptions([])).toMatchObject({ isForced: false, environment: {}, experiment: undefined });
  expect(readOptions(['--experiment', 'residual'])).toMatchObject({ experiment: 'residual' });
});

test.each([
  [['--sed', '3'], /Unknown option '--sed'/],
  [['photographs'], /photographs/],
  [['--seed'], /--seed/],
])('%j is refused with the usage', (args, message) => {
  expect(() => readOptions(args)).toThrow(expect.objectContaining({ code: 'usage' }));
  expect(() => readOptions(args)).toThrow(message);
  expect(() => readOptions(args)).toThrow(/--data DIR/);
});
