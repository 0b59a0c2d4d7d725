/** The seconds that parts of a run take, by the name of the part. */

export interface Stopwatch {
  readonly timings: Record<string, number>;
  /** Runs a part, and notes how long it took. */
  timed<T>(part: string, work: () => T | Promise<T>): Promise<T>;
}

/**
 * @param before parts that were timed already
 * @param onPart called with the name of each part that begins
 */
export function stopwatch(
  before: Readonly<Record<string, number>> = {},
  onPart: (part: string) => void = () => {},
): Stopwatch {
  const timings: Record<string, number> = { ...before };
  return {
    timings,
    async timed(part, work) {
      onPart(part);
      const start = performance.now();
      const result = await work();
      timings[part] = (performance.now() - start) / 1000;
      return result;
    },
  };
}
