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

const ASCII = /^[ -~]*$/;
const NARROWEST = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^[\p{Emoji_Presentation}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;

/** The columns that a text takes on a terminal: marks take none, Chinese, Japanese and Korean letters and emoji two. */
export function columnsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const letter of text) columns += NARROWEST.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
  return columns;
}

/** As many letters of a text's beginning, or of its end, as there are columns for. */
export function cutTo(text: string, columns: number, keeps: 'start' | 'end' = 'start'): string {
  const letters = [...text];
  if (keeps === 'end') letters.reverse();
  let left = columns;
  const beyond = letters.findIndex((letter) => {
    left -= columnsOf(letter);
    return left < 0;
  });
  const kept = beyond < 0 ? letters : letters.slice(0, beyond);
  return (keeps === 'end' ? kept.reverse() : kept).join('');
}

/** Words on lines of at most `width` columns. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && columnsOf(line) + 1 + columnsOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
