/** Numbers as people read them. */

/** 0.0412 as `0.04 s`, 7.3 as `7.3 s`, 125 as `2 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`;
}

/** 138357544 as `138,357,544`. Not by toLocaleString, whose first call loads tables for a tenth of a second. */
export function integer(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A loss, an accuracy or a probability: three digits. What is not finite is said so. */
export function decimal(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return 'overflow';
  return Math.abs(value) >= 1000 ? value.toPrecision(4) : value.toFixed(3);
}

/** `1 image`, `2 images`, `2 classes`. */
export function counted(count: number, noun: string): string {
  const ending = count === 1 ? '' : noun.endsWith('s') ? 'es' : 's';
  return `${integer(count)} ${noun}${ending}`;
}

/** A word as a POSIX shell takes it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
