// Where in the user's own code something was asked for, for messages.

/** `at FILE:LINE` of the innermost frame outside TensorFlow.js and this package; `in this step` where there is none. */
export const userLine = (): string => placeHere()();

/** The place that asks now; what it is called is found out when it is told. */
export function placeHere(): () => string {
  // TensorFlow.js' own frames are many: a gradient is called twenty deep, a recurrent layer seventy.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 200;
  const error = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return () => userFrame(error.stack ?? '');
}

function userFrame(stack: string): string {
  const own = new URL('..', import.meta.url).pathname;
  const places = stack
    .split('\n')
    .slice(1)
    .map((line) => line.match(/\(?((?:file:\/\/)?[^()\s]+:\d+):\d+\)?$/)?.[1]);
  const place = places.find((at) => {
    // Array.map and its like stand nowhere.
    if (!at || at.includes('node:') || at.includes('@tensorflow')) return false;
    return !at.includes(own) || /\.test\.[jt]s/.test(at);
  });
  return place ? `at ${place.replace('file://', '')}` : 'in this step';
}
