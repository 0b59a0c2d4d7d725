import { expect, test } from 'vitest';
import { z } from 'zod';
import { flag, group, number, oneOf, parse, variants, wholeNumber } from './schema.ts';

const schema = group({
  share: number({ from: 0, to: 1 }).default(0.5),
  smoothing: number({ from: 0, below: 1 }).optional(),
  rate: number({ over: 0 }).optional(),
  epochs: wholeNumber(1).optional(),
  nested: group({ on: flag() }).optional(),
  fill: oneOf(['nearest', 'constant']).optional(),
  optimizer: variants([
    group({ name: z.literal('adam'), beta: number().optional() }),
    group({ name: z.literal('sgd') }),
  ]).optional(),
});

test('fills in defaults', () => {
  expect(parse(schema, {}, 'x')).toEqual({ share: 0.5 });
});

test.each<[unknown, string]>([
  [{ share: 2 }, 'share: expected a number from 0 to 1, but got 2.'],
  [{ share: 'a' }, 'share: expected a number from 0 to 1, but got "a".'],
  [{ smoothing: 1 }, 'smoothing: expected a number of 0 or more and below 1, but got 1.'],
  [{ rate: 0 }, 'rate: expected a number over 0, but got 0.'],
  [{ epochs: 1.5 }, 'epochs: expected a whole number of 1 or more, but got 1.5.'],
  [{ nested: {} }, 'nested.on: expected true or false, but got nothing.'],
  [{ nested: 3 }, 'nested: expected an object { … }, but got 3.'],
  [{ nested: { of: true } }, 'nested.on: expected true or false, but got nothing.'],
  [{ fill: 'far' }, 'fill: expected one of nearest, constant, but got "far".'],
  [{ fill: () => 1 }, 'fill: expected one of nearest, constant, but got a function.'],
  [{ epoch: 3 }, 'there is no "epoch" here. Did you mean "epochs"?'],
  [{ a: 3 }, 'there is no "a" here. Expected some of share, smoothing,'],
  [{ optimizer: { name: 'adamm' } }, 'optimizer.name: expected one of adam, sgd, but got "adamm".'],
  [{ optimizer: 'adam' }, 'optimizer: expected an object such as { name: \'adam\' }, but got "adam".'],
  [{ optimizer: { name: 'sgd', beta: 1 } }, 'optimizer: there is no "beta" here. Expected some of name.'],
  [3, 'expected an object { … }, but got 3.'],
])('%o is refused', (value, message) => {
  expect(() => parse(schema, value, 'file.ts: small')).toThrow(`file.ts: small: ${message}`);
  expect(() => parse(schema, value, '')).toThrow(expect.objectContaining({ code: 'config' }));
});
