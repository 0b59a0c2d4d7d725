/**
 * Tables for the terminal: columns as wide as their widest cell, two spaces between them, a rule under the head. Where
 * the terminal is narrower, columns that can be done without are left out, and long words are shortened.
 */

import { visible } from '@sightline/core';
import stringWidth from 'string-width';
import { cutTo } from '../config/words.ts';
import { resultWidth } from './output.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Left out where the table is too wide, the highest number first. Default: never. */
  readonly drop?: number;
  /** Which end of a cell stays where it is too long; a path says most at its end. Default: start. */
  readonly keeps?: 'start' | 'end';
}

/** A shortened cell says less than this with fewer letters. */
const LEAST_WIDTH = 8;
const GAP = 2;

/** The table's lines, joined. Each cell is on one line: what a terminal would obey in it is shown. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = resultWidth(),
): string {
  const cells = rows.map((row) => columns.map((_, i) => visible(row[i] ?? '')));
  const all = columns.map((column, i) => ({
    column,
    cells: [visible(column.title), ...cells.map((row) => row[i]!)],
  }));
  const { shown, widths } = fitted(all, width);
  const line = (row: number) =>
    shown
      .map(({ column, cells }, i) => {
        const cell = shortened(cells[row]!, widths[i]!, column.keeps);
        const space = ' '.repeat(widths[i]! - stringWidth(cell));
        return column.align === 'right' ? space + cell : cell + space;
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const rule = widths.map((each) => '─'.repeat(each)).join('─'.repeat(GAP));
  return [line(0), rule, ...rows.map((_, i) => line(i + 1))].join('\n');
}

interface Cells {
  readonly column: Column;
  readonly cells: readonly string[];
}

/** The columns that there is room for, and how wide each may be. */
function fitted(all: readonly Cells[], width: number): { shown: readonly Cells[]; widths: number[] } {
  let shown = all;
  const widthsOf = () => shown.map(({ cells }) => Math.max(...cells.map((text) => stringWidth(text))));
  const total = (widths: readonly number[]) =>
    widths.reduce((sum, each) => sum + each, 0) + GAP * (widths.length - 1);
  while (total(widthsOf()) > width) {
    const last = Math.max(...shown.map(({ column }) => column.drop ?? 0));
    if (last === 0) break;
    shown = shown.filter(({ column }) => column.drop !== last);
  }
  const widths = widthsOf();
  while (total(widths) > width) {
    const words = widths.map((each, i) => (shown[i]!.column.align === 'right' ? 0 : each));
    const widest = words.indexOf(Math.max(...words));
    if (words[widest]! <= LEAST_WIDTH) break;
    widths[widest]! -= 1;
  }
  return { shown, widths };
}

function shortened(cell: string, width: number, keeps: Column['keeps'] = 'start'): string {
  if (stringWidth(cell) <= width) return cell;
  const kept = cutTo(cell, width - 1, keeps);
  return keeps === 'end' ? `…${kept}` : `${kept}…`;
}
