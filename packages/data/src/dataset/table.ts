// A list of images as a table: CSV (or with semicolons, tabs or bars) with a header line, or JSON Lines. Columns: the path
// (relative to the table's folder), the label (a class name), and, where they are given, the split (train, validation or
// test) and the group (images that stay in one split).

import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { listed, reasonOf, SightlineError, shown } from '@sightline/core';
import { refuseIrregular } from '@sightline/core/files';
import { z } from 'zod';
import { SPLIT_NAMES, splitCalled } from './dataset.ts';

/** Programs write numbers and truth values as names. Blanks at the ends of a name mean nothing. */
const name = z
  .union([z.string(), z.number(), z.boolean()], 'a text')
  .transform((value) => String(value).trim());

const rowSchema = z.object({
  path: z.string('a text').min(1, 'a text that is not empty'),
  label: name.refine((value) => value !== '', 'a text that is not empty'),
  split: z.preprocess(
    (word) => (typeof word === 'string' ? (splitCalled(word) ?? word) : word),
    z.enum(SPLIT_NAMES, 'train, validation or test').optional(),
  ),
  group: name.optional(),
});

export type TableRow = z.infer<typeof rowSchema>;
type ColumnName = keyof TableRow;

/** The names of a table's columns. */
export interface TableColumns {
  readonly path?: string | undefined;
  readonly label?: string | undefined;
  readonly split?: string | undefined;
  readonly group?: string | undefined;
}

/** What columns are called where nobody says it, in lower case; the first that is there counts. */
const USUAL: Readonly<Record<ColumnName, readonly string[]>> = {
  path: ['path', 'file', 'filename', 'file_name', 'filepath', 'file_path', 'image', 'image_path', 'img'],
  label: ['label', 'class', 'target', 'category', 'class_name'],
  split: ['split', 'set', 'subset'],
  group: ['group'],
};
const NEEDED: readonly ColumnName[] = ['path', 'label'];

/** Reads `.csv`, `.tsv` or `.jsonl`. Throws SightlineError `table` that names the line and what is wrong with it. */
export async function readTable(path: string, columns: TableColumns = {}): Promise<TableRow[]> {
  let bytes: Buffer;
  try {
    refuseIrregular(path);
    bytes = await readFile(path);
  } catch (error) {
    throw new SightlineError('table', `The table ${path} cannot be read: ${reasonOf(error)}.`);
  }
  if (!isUtf8(bytes))
    throw new SightlineError(
      'table',
      `The table ${path} is not UTF-8 text. Save it as CSV in UTF-8, or as JSON Lines.`,
    );
  const content = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const read = path.toLowerCase().endsWith('.jsonl') ? fromJsonLines : fromCsv;
  const rows = read(path, content, columns);
  if (rows.length === 0) throw new SightlineError('empty', `The table ${path} lists no images.`);
  return rows;
}

/** Writes rows as CSV, the way readTable reads them. */
export function formatTable(rows: readonly TableRow[]): string {
  const columns = (['path', 'label', 'split', 'group'] as const).filter(
    (column) => NEEDED.includes(column) || rows.some((row) => row[column] !== undefined),
  );
  const field = (value = '') =>
    /[",;\t|\r\n]/.test(value) || value.trim() !== value ? `"${value.replaceAll('"', '""')}"` : value;
  const lines = rows.map((row) => columns.map((column) => field(row[column])).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

/** The name that each column has in a table with these columns. Throws SightlineError `table` where one is missing. */
function columnsOf(path: string, names: readonly string[], given: TableColumns): Map<ColumnName, string> {
  const found = new Map<ColumnName, string>();
  for (const column of Object.keys(USUAL) as ColumnName[]) {
    const wanted = given[column];
    const name =
      wanted === undefined
        ? USUAL[column].flatMap(
            (usual) => names.find((known) => known.trim().toLowerCase() === usual) ?? [],
          )[0]
        : names.find((known) => known.trim() === wanted);
    if (name !== undefined) found.set(column, name);
    else if (wanted !== undefined || NEEDED.includes(column)) {
      const what =
        wanted === undefined
          ? `for the ${column} (such as ${listed(USUAL[column].slice(0, 3), 'or')})`
          : shown(wanted);
      throw new SightlineError(
        'table',
        `${path} has no column ${what}. Its columns are ${brief(listed(names.map((known) => shown(known.trim()))))}. Name the right ones: --path-column and --label-column on the command line, columns in a configuration.`,
      );
    }
  }
  return found;
}

const brief = (words: string) => (words.length > 200 ? `${words.slice(0, 200)}…` : words);

function toRow(
  path: string,
  line: number,
  value: Record<string, unknown>,
  columns: ReadonlyMap<ColumnName, string>,
): TableRow {
  const entries = [...columns].map(([column, name]) => [column, value[name]] as const);
  const present = entries.filter(
    ([column, of]) => of !== undefined && (of !== '' || NEEDED.includes(column)),
  );
  const result = rowSchema.safeParse(Object.fromEntries(present));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const column = issue!.path[0] as ColumnName;
  const name = columns.get(column) ?? column;
  const came = value[name] === undefined ? 'nothing' : brief(JSON.stringify(value[name]));
  throw new SightlineError(
    'table',
    `Line ${line} of ${path}: ${name} must be ${issue!.message}, not ${came}.`,
  );
}

function fromJsonLines(path: string, content: string, given: TableColumns): TableRow[] {
  return content.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const value = parseJson(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new SightlineError(
        'table',
        `Line ${i + 1} of ${path} is not a JSON object. Expected {"path": "...", "label": "..."}.`,
      );
    }
    return [toRow(path, i + 1, value as Record<string, unknown>, columnsOf(path, Object.keys(value), given))];
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function fromCsv(path: string, content: string, given: TableColumns): TableRow[] {
  // Excel's `sep=;` before the header, and the line ends of old Macs.
  const lines = content.includes('\n') ? content : content.replaceAll('\r', '\n');
  const separatorLine = /^sep=(.)\r?\n/i.exec(lines);
  const body = separatorLine ? lines.slice(separatorLine[0].length) : lines;
  const separator = separatorLine?.[1] ?? separatorOf(body);
  const [header, ...records] = parseCsv(path, body, separator, separatorLine ? 2 : 1);
  const names = header?.fields ?? [];
  const columns = columnsOf(path, names, given);
  return records.map(({ fields, line }) =>
    toRow(path, line, Object.fromEntries(names.map((name, i) => [name, fields[i]])), columns),
  );
}

/** What stands most often in the header line. */
function separatorOf(content: string): string {
  const [header = ''] = content.split('\n');
  const times = (character: string) => header.split(character).length;
  return [',', ';', '\t', '|'].reduce((best, next) => (times(next) > times(best) ? next : best));
}

interface CsvRecord {
  readonly fields: string[];
  readonly line: number;
}

/** RFC 4180: fields may be quoted, and then hold separators, line ends and doubled quotes. Blank lines are left out. */
function parseCsv(path: string, content: string, separator: string, firstLine: number): CsvRecord[] {
  const records: CsvRecord[] = [];
  let [line, at] = [firstLine, 0];
  while (at < content.length) {
    const start = line;
    const fields: string[] = [];
    for (let more = true; more; ) {
      let field = '';
      if (content[at] === '"') {
        const opened = line;
        for (at++; content[at] !== '"' || content[at + 1] === '"'; at++) {
          if (at >= content.length)
            throw new SightlineError(
              'table',
              `Line ${opened} of ${path} has a quote (") that is never closed. Close it, or double a quote that is meant as one.`,
            );
          if (content[at] === '"') at++;
          if (content[at] === '\n') line++;
          field += content[at];
        }
        at++;
      }
      let stop = at;
      while (stop < content.length && content[stop] !== separator && content[stop] !== '\n') stop++;
      fields.push(field + content.slice(at, stop).replace(/\r$/, ''));
      more = content[stop] === separator;
      at = stop + 1;
    }
    line++;
    if (fields.length > 1 || fields[0] !== '') records.push({ fields, line: start });
  }
  return records;
}
