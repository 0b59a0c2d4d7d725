/** Tables for the terminal: columns as wide as their widest cell, two spaces between them, a rule under the head. */

import { stripVTControlCharacters } from 'node:util';
import { printable } from '@sightline/core';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** The table's lines, joined. Cells may carry colors, which don't count in a cell's width; each stays on one line. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) =>
    columns.map((_, i) => oneLine(row[i] ?? '')),
  );
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => widthOf(row[i] ?? ''))));
  const lines = cells.map((row) =>
    row
      .map((cell, i) => {
        const space = ' '.repeat((widths[i] ?? 0) - widthOf(cell));
        return columns[i]?.align === 'right' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

const oneLine = (cell: string) => printable(cell).replaceAll('\n', '\\n').replaceAll('\t', '\\t');

const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length;
