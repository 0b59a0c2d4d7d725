/**
 * Ctrl-C: the first asks the work to stop where it can and to leave what it has done; a later one ends the process at
 * once. npm, the shell and turbo may each pass the same key press on, so what comes within a second counts as one.
 */

export const interruptedExitCode = 130;
const sameKeyPressMs = 1000;

/** SIGHUP comes from a terminal that is closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborts on any of `signals`. Listens from now on until `close`. */
export function listenForInterrupt(): { signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  let first: number | undefined;
  const interrupt = () => {
    const now = performance.now();
    first ??= now;
    controller.abort();
    if (now - first > sameKeyPressMs) process.exit(interruptedExitCode);
  };
  for (const signal of signals) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    close() {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
