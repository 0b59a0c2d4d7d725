/** Whether an error says no more than that `signal` was aborted. */
export const isInterrupt = (error: unknown, signal: AbortSignal | undefined): boolean =>
  signal?.aborted === true && (error === signal.reason || (error as Error).name === 'AbortError');
