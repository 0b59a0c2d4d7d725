/**
 * Ctrl-C: the first asks the work to stop where it can and to leave what it has done; a later one ends the process at
 * once. npm, the shell and turbo may each pass the same key press on, so what comes within half a second counts as one.
 */

export const interruptedExitCode = 130;
const sameKeyPressMs = 500;

/** SIGHUP comes from a terminal that is closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborts on any of `signals`. Listens from now on until `close`. */
export function listenForInterrupt(): { signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  let isNext = false;
  const interrupt = () => {
    if (isNext) process.exit(interruptedExitCode);
    if (controller.signal.aborted) return;
    controller.abort();
    // A step keeps this thread for longer than that, perhaps: what came during it is seen before the immediate.
    setTimeout(() => setImmediate(() => (isNext = true)), sameKeyPressMs).unref();
  };
  for (const signal of signals) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    close() {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
