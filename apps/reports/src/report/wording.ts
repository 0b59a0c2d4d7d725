// Numbers, durations and settings in words, the same on every page.

/** A loss, an accuracy or a probability with three digits after the point; null (JSON's NaN) is said in words. */
export function decimal(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return 'overflowed';
  return Math.abs(value) >= 1000 ? value.toPrecision(4) : value.toFixed(3);
}

/** 138357544 as 138,357,544. */
export function integer(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** Seconds as a person says them: 0.42 s, 7.3 s, 2 min 5 s, 1 h 3 min. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 1 image, 2 images. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${integer(count)} ${count === 1 ? noun : plural}`;
}

/** Small numbers as words, as running text has them. */
export function inWords(count: number): string {
  const names = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ');
  return names[count] ?? integer(count);
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** A time of day in UTC, from ISO 8601, to the minute. */
export function moment(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `learningRate` and `horizontal_flip` as words. */
export function words(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
}

/** A setting's value: a record as its keys and values, a list by commas. */
export function setting(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) {
    const isSize = value.length > 1 && value.every((item) => typeof item === 'number');
    return value.map(setting).join(isSize ? ' × ' : ', ');
  }
  return Object.entries(value)
    .map(([key, item]) => {
      if (key === 'name') return setting(item);
      if (typeof item === 'boolean') return `${item ? '' : 'no '}${words(key)}`;
      return `${words(key)} ${setting(item)}`;
    })
    .join(', ');
}

/** The text with a capital letter in front. */
export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
