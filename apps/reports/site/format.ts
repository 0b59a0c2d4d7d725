// Numbers and names as the pages show them.

import { decimal } from '@sightline/core';
import { words } from '../src/report/settings.ts';

export { setting, words } from '../src/report/settings.ts';

/** `0.701–0.823`. */
export const range = ([low, high]: readonly [number, number]): string => `${decimal(low)}–${decimal(high)}`;

/** A moment in UTC, from ISO 8601, to the minute. */
export const moment = (iso: string): string =>
  `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** A setting's path as a column's heading: its last part, `learning rate` for `optimizer.learningRate`. */
export const settingName = (path: string): string => {
  const parts = path.split('.');
  const last = parts.at(-1)!;
  return words(last === 'name' && parts.length > 1 ? parts.at(-2)! : last);
};

/** A learning rate without the noise of its last digits. */
export const rate = (value: number): string => String(Number(value.toPrecision(4)));

/** Rows as a CSV file (RFC 4180). */
export function csv(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) =>
    /[",\r\n]/.test(`${value}`) ? `"${`${value}`.replaceAll('"', '""')}"` : `${value}`;
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
