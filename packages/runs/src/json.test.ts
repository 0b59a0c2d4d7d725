import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeJson } from '@sightline/core/files';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readJson } from './json.ts';

test('JSON: read again as written; damage is named', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'sightline-json-')), 'x.json');
  writeJson(path, { rows: [{ n: 1 }, { n: 'two' }] });
  expect(readJson(path)).toEqual({ rows: [{ n: 1 }, { n: 'two' }] });
  const schema = z.object({ rows: z.array(z.object({ n: z.number() })) });
  expect(() => readJson(path, schema)).toThrow(/x\.json: rows\.1\.n: .*expected number/);
  writeFileSync(path, '{"rows": [');
  expect(() => readJson(path, schema)).toThrow(/x\.json is not JSON/);
});
