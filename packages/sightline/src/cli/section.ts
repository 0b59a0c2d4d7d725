/** Sections of usage pages: plain text of at most 80 columns, without color codes. */

export interface Example {
  readonly command: string;
  /** What it does, in a few words. */
  readonly does: string;
}

import { wrapped } from '../config/words.ts';

export const WIDTH = 80;

/** A title and rows of a term and its description, wrapped in two columns. */
export function section(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return '';
  const widest = Math.max(...rows.map(([term]) => term.length));
  // Longer terms stand on a line of their own, above their description.
  const column = Math.min(widest, 26) + 4;
  const lines = rows.flatMap(([term, description]) => {
    const [first = '', ...rest] = wrapped(description, WIDTH - column);
    const indent = ' '.repeat(column);
    const head = `  ${term}`;
    const begin =
      head.length + 2 <= column ? [`${head.padEnd(column)}${first}`] : [head, `${indent}${first}`];
    return [...begin, ...rest.map((line) => indent + line)].map((line) => line.trimEnd());
  });
  return [`${title}:`, ...lines].join('\n');
}

/** Command lines, each under a comment that says what it does and is broken to `width` columns. */
export function examplesSection(title: string, examples: readonly Example[], width = WIDTH): string {
  const comment = (does: string) => wrapped(does, width - '  # '.length).map((words) => `  # ${words}`);
  return [`${title}:`, ...examples.flatMap(({ command, does }) => [...comment(does), `  ${command}`])].join(
    '\n',
  );
}
