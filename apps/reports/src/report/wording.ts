// Numbers, durations and settings in words, the same on every page.

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
