/** JSON Lines: a JSON value a line. `history.jsonl` and `predictions.jsonl` are such files. */

import { readRegularFile } from '@sightline/core/files';
import type { z } from 'zod';
import { check, parseJson } from './json.ts';

/** Values as JSON Lines. Numbers that JSON can't hold (infinite, not a number) become null. */
export function toJsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/**
 * The values of a JSON Lines file, checked against `schema`.
 *
 * @throws SightlineError `missing` where there is no file, `broken` with the line that can't be read
 */
export function readJsonLines<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema>[] {
  const lines = readRegularFile(path).toString('utf8').split('\n');
  return lines.flatMap((line, i) => {
    const where = `${path}, line ${i + 1}`;
    return line.trim() === '' ? [] : [check(parseJson(line, where), schema, where)];
  });
}
