/** Names and values as they are typed on the command line, and text on lines. */

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

/** Words on lines of at most `width` columns. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
