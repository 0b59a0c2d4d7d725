import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  choice,
  flag,
  fraction,
  names,
  option,
  positiveNumber,
  size,
  switchOf,
  text,
  variableValues,
  wholeNumber,
} from './option.ts';
import { parse } from './parse.ts';

const options = {
  out: option(text('a file'), { description: 'The file', hint: 'FILE' }),
  batchSize: option(wholeNumber(1).default(32), {
    description: 'Images at once',
    hint: 'N',
    variable: 'TEST_BATCH_SIZE',
  }),
  imageSize: option(size(32).optional(), {
    description: 'Size',
    hint: 'N',
    aliases: ['size'],
    variable: 'TEST_SIZE',
  }),
  range: option(choice(['0-1', '0-255'], { unit: '0-1' }).optional(), {
    description: 'Range',
    hint: 'RANGE',
  }),
  rate: option(positiveNumber().optional(), { description: 'Rate', hint: 'X' }),
  threshold: option(fraction().default(0), { description: 'Threshold', hint: 'P' }),
  classes: option(names().optional(), { description: 'Classes', hint: 'A,B,...' }),
  all: flag('All of them'),
  without: option(z.array(text('a name')).optional(), {
    description: 'A name to leave out',
    hint: 'NAME',
    variable: 'TEST_WITHOUT',
    isRepeatable: true,
  }),
  force: switchOf({ description: 'In spite of all', variable: 'TEST_FORCE' }),
};
const read = (args: string[], env = {}) => parse('sightline do', options, ['--out', 'x', ...args], env);

describe('values', () => {
  test('are typed, in either form, with defaults', () => {
    const args = [
      'a',
      '--batch-size',
      '16',
      '--size=48x64',
      '--range',
      'unit',
      '--rate=1e-3',
      '--all',
      'b',
      '--classes',
      'x, y',
    ];
    expect(read(args)).toEqual({
      positionals: ['a', 'b'],
      values: {
        ...{ out: 'x', batchSize: 16, imageSize: [48, 64], range: '0-1', rate: 0.001, threshold: 0 },
        ...{ classes: ['x', 'y'], all: true },
      },
    });
    expect(read([]).values).toEqual({ out: 'x', batchSize: 32, threshold: 0, all: false });
  });

  test('come from the command line, then the environment, then the default; an empty variable is none', () => {
    const env = { TEST_BATCH_SIZE: '8', TEST_SIZE: '' };
    expect(read([], env).values).toMatchObject({ batchSize: 8 });
    expect(read([], env).values.imageSize).toBeUndefined();
    expect(read(['--batch-size', '4'], env).values.batchSize).toBe(4);
    expect(() => read([], { TEST_BATCH_SIZE: 'many' })).toThrow(
      'TEST_BATCH_SIZE takes a whole number of 1 or more; "many" was given.',
    );
  });

  test('go through variables unchanged', () => {
    const { values } = read(['--batch-size', '16', '--size', '48x64']);
    expect(read([], variableValues(options, values)).values).toEqual(values);
  });

  test('of an option that may be given several times are a list, a line each in its variable', () => {
    const { values } = read(['--without', 'a,b', '--without=c d', '--force']);
    expect(values).toMatchObject({ without: ['a,b', 'c d'], force: true });
    const variables = variableValues(options, values);
    expect(variables).toMatchObject({ TEST_WITHOUT: 'a,b\nc d', TEST_FORCE: 'true' });
    expect(read([], variables).values).toEqual(values);
    expect(read([]).values).not.toMatchObject({ force: expect.anything() });
    expect(() => read([], { TEST_FORCE: 'maybe' })).toThrow(
      'TEST_FORCE takes true or false; "maybe" was given.',
    );
    expect(() => read(['--without='])).toThrow('--without takes a name; "" was given.');
  });

  test('after -- and a lone - are arguments', () => {
    expect(read(['-', '--', '--all']).positionals).toEqual(['-', '--all']);
  });
});

test.each([
  [['--batch-size', '0'], '--batch-size takes a whole number of 1 or more; "0" was given.'],
  [['--batch-size='], '--batch-size takes a whole number of 1 or more; "" was given.'],
  [['--batch-size', '1.5'], '--batch-size takes a whole number of 1 or more; "1.5" was given.'],
  [['--batch-size', '--all'], '--batch-size needs a value after it.'],
  [['--batch-size'], '--batch-size needs a value after it.'],
  [
    ['--size', '16'],
    '--size takes a size in pixels such as 224, or 224x160 for height x width, each from 32 to 4096; "16" was given.',
  ],
  [['--range', 'byte'], '--range takes one of 0-1, 0-255; "byte" was given.'],
  [['--rate', '0'], '--rate takes a number over 0; "0" was given.'],
  [['--threshold', '2'], '--threshold takes a number from 0 to 1; "2" was given.'],
  [['--classes', 'a,a'], '--classes takes names with commas between them; "a,a" was given.'],
  [['--all=yes'], '--all takes no value; "yes" was given.'],
  [['--batchsize', '3'], 'sightline do has no option --batchsize. Did you mean --batch-size?'],
  [
    ['--nothing'],
    'sightline do has no option --nothing. See sightline do --help for the options that it has.',
  ],
  [['-a'], /^sightline do has no option -a\./],
])('a mistake is one sentence: %j', (args, message) => {
  expect(() => read(args)).toThrow(message);
  expect(() => read(args)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('an option that must be given is asked for', () => {
  expect(() => parse('sightline do', options, [], {})).toThrow(
    'sightline do needs --out FILE: the file. See sightline do --help.',
  );
});
