/** Predictions as a table for a person, as JSON, as JSON Lines or as CSV. */

import { counted, decimal, integer, visible } from '@sightline/core';
import type { Prediction } from '../index.ts';
import { broken, resultWidth } from './output.ts';
import { table } from './table.ts';

export const FORMATS = ['table', 'csv', 'jsonl'] as const;

/** In the place of a class whose probability is below the threshold. */
export const NOT_SURE = 'not sure';

/** How predictions are read off probabilities. */
export interface Reading {
  /** The most probable classes to show for each image. */
  readonly top: number;
  /** The probability below which an image has no class. */
  readonly threshold: number;
}

export interface Answer {
  readonly path: string;
  /** Null below the threshold. */
  readonly predicted: string | null;
  readonly probabilities: Prediction['probabilities'];
  /** The most probable classes, where more than one is asked for. */
  readonly top?: readonly { readonly class: string; readonly probability: number }[];
}

/** A prediction as it is written. */
export function answerOf(
  { path, predicted, probabilities }: Prediction,
  { top, threshold }: Reading,
): Answer {
  const isSure = (probabilities[predicted] ?? 0) >= threshold;
  const best = Object.entries(probabilities)
    .map(([name, probability]) => ({ class: name, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
  return { path, predicted: isSure ? predicted : null, probabilities, ...(top > 1 ? { top: best } : {}) };
}

export interface PredictionWriter {
  /** Takes the next answers; JSON Lines and CSV are written at once, so that a long work can be followed. */
  write(answers: readonly Answer[]): void;
  end(): void;
}

/** A writer of a format, or of one JSON array. `say` takes text as it is to be written. */
export function predictionWriter(
  format: (typeof FORMATS)[number] | 'json',
  classes: readonly string[],
  say: (text: string) => void,
): PredictionWriter {
  const collected: Answer[] = [];
  const collect = (answers: readonly Answer[]) => void collected.push(...answers);
  const end = () => {};
  switch (format) {
    case 'json':
      return { write: collect, end: () => say(`${JSON.stringify(collected, null, 2)}\n`) };
    case 'table':
      return {
        write: collect,
        end() {
          if (collected.length === 0) return;
          say(`${tableOf(collected)}\n\n${broken(countsOf(collected), resultWidth())}\n`);
        },
      };
    case 'jsonl':
      return {
        write: (answers) => say(answers.map((answer) => `${JSON.stringify(answer)}\n`).join('')),
        end,
      };
    case 'csv':
      say(csvRow(['path', 'predicted', ...classes]));
      return {
        write: (answers) => say(answers.map((answer) => csvRow(cellsOf(answer, classes))).join('')),
        end,
      };
  }
}

function tableOf(answers: readonly Answer[]): string {
  const columns = [
    { title: 'image', keeps: 'end' },
    { title: 'class' },
    { title: 'probability', align: 'right' },
  ] as const;
  const rows = answers.flatMap(({ path, predicted, probabilities, top }) => {
    const best = Math.max(...Object.values(probabilities));
    const rest = top?.slice(1) ?? [];
    return [
      [path, predicted ?? NOT_SURE, decimal(best)],
      ...rest.map((other) => ['', other.class, decimal(other.probability)]),
    ];
  });
  return table(columns, rows);
}

/** `12 images: car (7), other (4), not sure (1)`: a class may be called by a number. */
function countsOf(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  for (const { predicted } of answers) {
    const name = predicted ?? NOT_SURE;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const parts = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${visible(name)} (${integer(count)})`);
  const total = counted(answers.length, 'image');
  return `${total}: ${parts.join(', ')}`;
}

const cellsOf = ({ path, predicted, probabilities }: Answer, classes: readonly string[]) => [
  path,
  predicted ?? '',
  ...classes.map((name) => String(probabilities[name] ?? 0)),
];

/** RFC 4180, with the line ends of this system's other programs. */
function csvRow(cells: readonly string[]): string {
  const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return `${cells.map(quoted).join(',')}\n`;
}
