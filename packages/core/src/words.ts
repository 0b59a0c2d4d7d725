/** Numbers, durations and lists as people read them, in the terminal and on the site. */

/** A loss, an accuracy or a probability with three decimals. A value that is not finite (null in JSON) is "overflow". */
export function decimal(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return 'overflow';
  return Math.abs(value) >= 1000 ? value.toPrecision(4) : value.toFixed(3);
}

/** 138357544 as `138,357,544`. Not by toLocaleString, whose first call loads tables for a tenth of a second. */
export function integer(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Seconds: 0.0412 as `0.04 s`, 7.3 as `7.3 s`, 125 as `2 min 5 s`, 3780 as `1 h 3 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const UNITS = ['kB', 'MB', 'GB', 'TB'];

/** Bytes in powers of 1,000: 812 as `812 B`, 9271400 as `9.3 MB`. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : integer(value)} ${UNITS[unit]}`;
}

/** `1 image`, `2 images`, `2 classes`; an irregular plural is given. */
export function counted(
  count: number,
  noun: string,
  plural = `${noun}${/(s|x|tch|sh)$/.test(noun) ? 'es' : 's'}`,
): string {
  return `${integer(count)} ${count === 1 ? noun : plural}`;
}

const SMALL = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** Small counts as words, as running text has them. */
export const inWords = (count: number): string => SMALL[count] ?? integer(count);

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[], conjunction: 'and' | 'or' = 'and'): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${conjunction} ${items.at(-1)}`;
}

/** The text with a capital first letter. */
export const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A word as a POSIX shell takes it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/**
 * What a terminal obeys, what turns the direction of text around, and what nobody sees. Joiners of zero width are not
 * among them: emoji and some scripts are spelled with them.
 */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u200b\u2028\u2029\ufeff]/gu;

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(letter: string): string {
  const hex = letter.charCodeAt(0).toString(16);
  return ESCAPES[letter] ?? (hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`);
}

/** A name from elsewhere as it can be shown anywhere, on one line: an escape character becomes `\x1b`. */
export const visible = (name: string): string => name.replace(UNSEEN, escaped);

/** Text for a terminal in which names from elsewhere occur: the same, but line ends and tabs stay. */
export const printable = (text: string): string =>
  text.replace(UNSEEN, (letter) => (letter === '\n' || letter === '\t' ? letter : escaped(letter)));

/** A path or a name from elsewhere in a sentence: quoted and visible. */
export const shown = (path: string): string => `"${visible(path.replace(/["\\]/g, '\\$&'))}"`;

/** The known candidate that `word` most likely stands for, if one is within a third of its letters. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbors that make `a` into `b` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) distance = Math.min(distance, before[j - 2]! + 1);
      row.push(distance);
    }
    [before, previous] = [previous, row];
  }
  return previous[b.length]!;
}
