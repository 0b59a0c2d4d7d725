// `npm run fuzz -- table`: tables of paths and labels, as CSV and as JSON Lines.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTable } from './table.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-fuzz-table-'));

export const seeds = (): Uint8Array[] =>
  [
    'path,label,split,group\n"a ""b"".png",cat,train,1\r\nb.png,dog,validation,2\n',
    'sep=;\nfilename;class\na.png;cat\n',
    '{"path": "a.png", "label": "cat", "split": "train"}\n{"image": "b.png", "class": 1}\n',
  ].map((text) => Buffer.from(text));

export async function parse(bytes: Uint8Array): Promise<void> {
  const path = join(folder, bytes[0] === 0x7b ? 'table.jsonl' : 'table.csv');
  writeFileSync(path, bytes);
  await readTable(path);
}
