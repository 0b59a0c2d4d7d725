// What a run folder says comes from elsewhere: names of classes, images and folders.

import { visible } from '@sightline/core';

/** The same value with all its strings, and names of fields, as a page can show them; see `visible`. */
export function visibleStrings<Value>(value: Value): Value {
  if (typeof value === 'string') return visible(value) as Value;
  if (Array.isArray(value)) return value.map(visibleStrings) as Value;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [visible(name), visibleStrings(field)]),
  ) as Value;
}
