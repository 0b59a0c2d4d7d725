// Settings of a run in words, as its page and the tables of runs show them.

/** `learningRate` and `horizontal_flip` as words. */
export const words = (key: string): string =>
  key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();

/** The value of a setting in words: a record as its keys and values, a list by commas. */
export function setting(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) {
    const isSize = value.length > 1 && value.every((item) => typeof item === 'number');
    return value.map(setting).join(isSize ? '\u00a0×\u00a0' : ', ');
  }
  return Object.entries(value)
    .map(([key, item]) => {
      if (key === 'name') return setting(item);
      if (typeof item === 'boolean') return `${item ? '' : 'no '}${words(key)}`;
      return `${words(key)} ${setting(item)}`;
    })
    .join(', ');
}

/** Parts of a configuration that are one setting each, however they are written. */
const WHOLE = new Set(['augmentation', 'schedule', 'classWeights', 'reduceOnPlateau', 'earlyStopping']);

/** Settings by their path, `optimizer.learningRate`; lists and what reads best as a whole are one value. */
export function settingsOf(
  config: Readonly<Record<string, unknown>>,
  path = '',
  into = new Map<string, string>(),
): Map<string, string> {
  for (const [key, value] of Object.entries(config)) {
    const isRecord = value !== null && typeof value === 'object' && !Array.isArray(value);
    const name = path ? `${path}.${key}` : key;
    if (isRecord && !WHOLE.has(key)) settingsOf(value as Record<string, unknown>, name, into);
    else if (value !== undefined) into.set(name, setting(value));
  }
  return into;
}
