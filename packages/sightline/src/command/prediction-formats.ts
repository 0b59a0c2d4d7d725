/** Predictions as a table for a person, as JSON, as JSON Lines or as CSV. */

import { decimal } from '@sightline/core';
import { table } from '../terminal/table.ts';

export const FORMATS = ['table', 'jsonl', 'csv'] as const;

export interface PredictionLine {
  readonly path: string;
  readonly predicted: string;
  /** By class. */
  readonly probabilities: Readonly<Record<string, number>>;
}

export interface PredictionWriter {
  /** Takes the next lines: JSON Lines and CSV are written at once, so that a long work can be followed. */
  write(lines: readonly PredictionLine[]): void;
  end(): void;
}

/** A writer to standard output. */
export function predictionWriter(
  format: (typeof FORMATS)[number] | 'json',
  classes: readonly string[],
  say: (text: string) => void = (text) => void process.stdout.write(text),
): PredictionWriter {
  const collected: PredictionLine[] = [];
  const collect = (lines: readonly PredictionLine[]) => void collected.push(...lines);
  switch (format) {
    case 'json':
      return { write: collect, end: () => say(`${JSON.stringify(collected, null, 2)}\n`) };
    case 'table':
      return { write: collect, end: () => say(`${asTable(collected)}\n`) };
    case 'jsonl':
      return {
        write: (lines) => say(lines.map((line) => `${JSON.stringify(line)}\n`).join('')),
        end() {},
      };
    case 'csv':
      say(csvRow(['path', 'predicted', ...classes]));
      return {
        write: (lines) =>
          say(
            lines
              .map(({ path, predicted, probabilities }) =>
                csvRow([path, predicted, ...classes.map((name) => String(probabilities[name] ?? 0))]),
              )
              .join(''),
          ),
        end() {},
      };
  }
}

function asTable(lines: readonly PredictionLine[]): string {
  return table(
    [{ title: 'image' }, { title: 'class' }, { title: 'probability', align: 'right' }],
    lines.map(({ path, predicted, probabilities }) => [
      path,
      predicted,
      decimal(probabilities[predicted] ?? 0),
    ]),
  );
}

/** RFC 4180, with the line ends of this system's other programs. */
function csvRow(cells: readonly string[]): string {
  const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return `${cells.map(quoted).join(',')}\n`;
}
