/** Names and values as they are typed on the command line, and text on lines. */

import stringWidth from 'string-width';

/** `batchSize` as `--batch-size`. */
export const dashed = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** `[224, 160]` as `224x160`, `['a', 'b']` as `a,b`, an object as JSON. */
export function typed(value: unknown): string {
  if (!Array.isArray(value)) return typeof value === 'object' ? JSON.stringify(value) : String(value);
  const [first, second] = value as readonly unknown[];
  if (typeof first !== 'number') return value.join(',');
  return first === second ? String(first) : value.join('x');
}

const letters = new Intl.Segmenter();

/** As many letters of a text's beginning, or of its end, as there are columns for on a terminal. */
export function cutTo(text: string, columns: number, keeps: 'start' | 'end' = 'start'): string {
  const segments = Array.from(letters.segment(text), ({ segment }) => segment);
  if (keeps === 'end') segments.reverse();
  let left = columns;
  const beyond = segments.findIndex((letter) => {
    left -= stringWidth(letter);
    return left < 0;
  });
  const kept = beyond < 0 ? segments : segments.slice(0, beyond);
  return (keeps === 'end' ? kept.reverse() : kept).join('');
}

/** Words on lines of at most `width` columns. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && stringWidth(line) + 1 + stringWidth(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
