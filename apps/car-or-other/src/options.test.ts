import { resolve } from 'node:path';
import { parse } from 'sightline/cli';
import { expect, test } from 'vitest';
import { environmentOf, options } from './options.ts';

const read = (args: readonly string[], env = {}) => parse('npm run train --', options, args, env).values;

test("options become the tasks' environment variables", () => {
  const values = read([
    '--data',
    'my photographs',
    '--seed=3',
    '--batch-size',
    '16',
    '--image-size',
    '96',
    '--force',
  ]);
  expect(values).toMatchObject({ force: true, experiment: undefined });
  expect(environmentOf(values)).toEqual({
    SIGHTLINE_DATA: resolve('my photographs'),
    SIGHTLINE_SEED: '3',
    SIGHTLINE_BATCH_SIZE: '16',
    SIGHTLINE_IMAGE_SIZE: '96',
  });
});

test('what the tasks are told is what they read', () => {
  const args = ['--augment', 'rotation=20,fill=nearest', '--learning-rate', '0.01', '--image-size', '64x96'];
  const values = read(args);
  expect(read([], environmentOf(values))).toEqual(values);
});

test('without options nothing is set', () => {
  expect(environmentOf(read([]))).toEqual({});
});

test('a mistake is one sentence', () => {
  expect(() => read(['--sed', '3'])).toThrow('npm run train -- has no option --sed. Did you mean --seed?');
});
