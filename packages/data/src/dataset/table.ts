// A list of images as a table: CSV with a header line, or JSON Lines. Columns: path (relative to the table's folder),
// label (a class name), and, if the split is given, split (train, validation or test).

import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { reasonOf, SightlineError } from '@sightline/core';
import { z } from 'zod';
import { SPLIT_NAMES, splitCalled } from './dataset.ts';

const rowSchema = z.object({
  path: z.string().min(1),
  label: z.union([z.string().min(1), z.number().transform(String)]),
  split: z.preprocess(
    (name) => (typeof name === 'string' ? (splitCalled(name) ?? name) : name),
    z.enum(SPLIT_NAMES).optional(),
  ),
});

export type TableRow = z.infer<typeof rowSchema>;

/** Reads `.csv` or `.jsonl`. Throws SightlineError `table` that names the line and what is wrong with it. */
export async function readTable(path: string): Promise<TableRow[]> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new SightlineError('table', `The table ${path} cannot be read: ${reasonOf(error)}.`);
  });
  if (!isUtf8(bytes))
    throw new SightlineError(
      'table',
      `The table ${path} is not UTF-8 text. Save it as CSV in UTF-8, or as JSON Lines.`,
    );
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const rows = path.toLowerCase().endsWith('.csv') ? fromCsv(path, text) : fromJsonLines(path, text);
  if (rows.length === 0) throw new SightlineError('empty', `The table ${path} lists no images.`);
  return rows;
}

/** Writes rows as CSV, the way readTable reads them. */
export function formatTable(rows: readonly TableRow[]): string {
  const columns = rows.some(({ split }) => split !== undefined)
    ? (['path', 'label', 'split'] as const)
    : (['path', 'label'] as const);
  const field = (value = '') => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const lines = rows.map((row) => columns.map((column) => field(row[column])).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

function checkRow(path: string, line: number, value: unknown): TableRow {
  const result = rowSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new SightlineError(
    'table',
    `Line ${line} of ${path}: ${issue!.path.join('.') || 'the line'}: ${issue!.message}. Expected path, label and, if given, split.`,
  );
}

function fromJsonLines(path: string, text: string): TableRow[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new SightlineError(
        'table',
        `Line ${i + 1} of ${path} is not JSON. Expected {"path": "...", "label": "..."}.`,
      );
    }
    return [checkRow(path, i + 1, value)];
  });
}

function fromCsv(path: string, text: string): TableRow[] {
  const [header, ...records] = parseCsv(text);
  const names = header?.fields.map((name) => name.trim().toLowerCase()) ?? [];
  if (!names.includes('path') || !names.includes('label')) {
    throw new SightlineError(
      'table',
      `The first line of ${path} must name the columns path and label, not ${JSON.stringify(names.join(','))}.`,
    );
  }
  return records.map(({ fields, line }) => {
    const entries = names.map((name, i) => [name, fields[i]] as const);
    return checkRow(
      path,
      line,
      Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== '')),
    );
  });
}

interface CsvRecord {
  readonly fields: string[];
  readonly line: number;
}

/** RFC 4180: fields may be quoted, and then hold commas, line ends and doubled quotes. Blank lines are left out. */
function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let [line, at] = [1, 0];
  while (at < text.length) {
    const start = line;
    const fields: string[] = [];
    for (let more = true; more; ) {
      let field = '';
      if (text[at] === '"') {
        for (at++; at < text.length && (text[at] !== '"' || text[at + 1] === '"'); at++) {
          if (text[at] === '"') at++;
          if (text[at] === '\n') line++;
          field += text[at];
        }
        at++;
      }
      const end = /[,\n]|$/g;
      end.lastIndex = at;
      const stop = end.exec(text)!.index;
      fields.push(field + text.slice(at, stop).replace(/\r$/, ''));
      more = text[stop] === ',';
      at = stop + 1;
    }
    line++;
    if (fields.length > 1 || fields[0] !== '') records.push({ fields, line: start });
  }
  return records;
}
