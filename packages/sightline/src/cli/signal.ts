/**
 * Ctrl-C: the first asks the work to stop where it can and to leave what it has done; a later one ends the process at
 * once. npm, the shell and turbo may each pass the same key press on, so what comes within half a second counts as one.
 */

const SAME_KEY_PRESS_MS = 500;

/** By signal, the exit code that shells expect: 128 and its number. SIGHUP comes from a terminal that is closed. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof EXIT_CODES;
const signals = Object.keys(EXIT_CODES) as Signal[];

export interface Interrupt {
  readonly signal: AbortSignal;
  /** That of the signal that came, else that of Ctrl-C. */
  exitCode(): number;
  /** Listens no more, unless a signal came: then the process is about to end, and another does not change how. */
  close(): void;
}

const PARENT_WATCH_MS = 500;

/**
 * Ends this process soon after the one that `SIGHTLINE_PARENT` names, where it is set: a pipeline that is killed must not
 * leave its trainings behind, which would go on in the folders of the next one.
 */
export function endWithParent(parent = Number(process.env.SIGHTLINE_PARENT)): void {
  if (!(parent > 0)) return;
  const watch = setInterval(() => {
    try {
      process.kill(parent, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') process.exit(EXIT_CODES.SIGHUP);
    }
  }, PARENT_WATCH_MS);
  watch.unref();
}

/** Aborts on any of the signals. Listens from now on. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  let isNext = false;
  let exitCode: number = EXIT_CODES.SIGINT;
  const interrupt = (signal: Signal) => {
    if (isNext) process.exit(EXIT_CODES[signal]);
    if (controller.signal.aborted) return;
    exitCode = EXIT_CODES[signal];
    controller.abort();
    // A step may keep this thread for longer than that: what came during it is seen before the immediate.
    setTimeout(() => setImmediate(() => (isNext = true)), SAME_KEY_PRESS_MS).unref();
  };
  const listeners = signals.map((signal) => [signal, () => interrupt(signal)] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    close() {
      if (controller.signal.aborted) return;
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}
