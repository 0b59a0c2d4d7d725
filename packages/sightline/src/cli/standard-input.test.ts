import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeAll, expect, test } from 'vitest';
import { writePhotographs } from '../../test/photographs.ts';
import { imageItems } from './standard-input.ts';

let photographs: string;
beforeAll(() => {
  photographs = writePhotographs({ train: 2, validation: 1 });
});

const input = (content: string | Uint8Array) => Readable.from([Buffer.from(content)]);
const at = (path: string) => join(photographs, path);

test('paths come one a line, folders among them, in the place of the dash', async () => {
  const text = `${at('train/dark/0.png')}\r\n\n${at('train/bright')}\n`;
  const items = await imageItems([at('validation/dark/0.png'), '-'], input(text));
  expect(items.map(({ path }) => path)).toEqual([
    at('validation/dark/0.png'),
    at('train/dark/0.png'),
    at('train/bright/0.png'),
    at('train/bright/1.png'),
  ]);
});

test('an image comes as its bytes', async () => {
  const bytes = readFileSync(at('train/dark/0.png'));
  const [item] = await imageItems(['-'], input(bytes));
  expect(item).toMatchObject({ path: '-' });
  expect(bytes.equals(item!.bytes!)).toBe(true);
});

test('what is not there, and nothing at all, are named', async () => {
  await expect(imageItems(['-'], input('nowhere.png\n'))).rejects.toThrow(
    'There is no image or folder nowhere.png',
  );
  await expect(imageItems(['-'], input('\n'))).rejects.toThrow('Standard input is empty');
  const terminal = Object.assign(input(''), { isTTY: true });
  await expect(imageItems(['-'], terminal)).rejects.toThrow(/find photographs \| sightline predict RUN -/);
});
