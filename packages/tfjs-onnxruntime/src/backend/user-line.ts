// Where in the user's own code something was asked for, for messages.

/** `at FILE:LINE` of the innermost frame outside TensorFlow.js and this package; `in this step` where there is none. */
export function userLine(): string {
  const own = new URL('..', import.meta.url).pathname;
  // TensorFlow.js' own frames are many: a gradient is called twenty deep, a recurrent layer seventy.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 200;
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = stackTraceLimit;
  const places = frames.map((line) => line.match(/\(?((?:file:\/\/)?[^()\s]+:\d+):\d+\)?$/)?.[1]);
  const place = places.find((at) => {
    // Array.map and its like stand nowhere.
    if (!at || at.includes('node:') || at.includes('@tensorflow')) return false;
    return !at.includes(own) || /\.test\.[jt]s/.test(at);
  });
  return place ? `at ${place.replace('file://', '')}` : 'in this step';
}
