import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/photographs.ts';
import { readClassNames } from './class-names.ts';

const folder = temporaryFolder('class-names');

function file(text: string): string {
  const path = join(folder, 'names');
  writeFileSync(path, text);
  return path;
}

test.each([
  ['a name a line', 'tench\r\ngreat white shark\n'],
  ['a JSON array', '["tench", "great white shark"]'],
  ["Keras' index", '{"1": ["n01484850", "great white shark"], "0": ["n01440764", "tench"]}'],
])('class names are read from %s', async (_, text) => {
  expect(await readClassNames(file(text))).toEqual(['tench', 'great white shark']);
});

test.each([
  ['a gap', 'tench\n\nshark'],
  ['other JSON', '{"tench": 0}'],
  ['broken JSON', '["tench"'],
  ['numbers', '[1, 2]'],
  ['nothing', ''],
])('%s is refused with a sentence', async (_, text) => {
  await expect(readClassNames(file(text))).rejects.toThrow(/must hold class names, one a line/);
});

test('a file that is not there is named', async () => {
  await expect(readClassNames(join(folder, 'none'))).rejects.toThrow(/none: there is no such file\.$/);
});
