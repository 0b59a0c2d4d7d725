/** What the user is told when something fails, and the exit code that goes with it. */
import { isSightlineError } from '@sightline/core';
import { type Output, openOutput } from './output.ts';
import { interruptedExitCode, listenForInterrupt } from './signal.ts';

/**
 * Writes an error to standard error: the message alone where it is a sentence for the user, everything with `isDebug`.
 *
 * @returns the exit code: 2 where the command line can't be understood, 130 after Ctrl-C, else 1
 */
export function reportFailure(error: unknown, { isDebug }: { isDebug: boolean }): number {
  if (error instanceof Error && error.name === 'AbortError') return interruptedExitCode;
  if (isDebug) console.error(error);
  else if (isSightlineError(error))
    console.error(error.hint ? `${error.message} ${error.hint}` : error.message);
  else {
    console.error(`Internal error: ${error instanceof Error ? error.message : error}`);
    console.error('Please report it, with the output of the same command with --debug.');
  }
  return isSightlineError(error, 'usage') ? 2 : 1;
}

/** Runs the body of a small program that takes no options, and sets this process' exit code to what it gives. */
export async function runTask(
  body: (context: { signal: AbortSignal; output: Output }) => Promise<number>,
): Promise<void> {
  const { signal, close } = listenForInterrupt();
  try {
    process.exitCode = await body({ signal, output: openOutput({ isJson: false }) });
  } catch (error) {
    process.exitCode = reportFailure(error, { isDebug: process.argv.includes('--debug') });
  } finally {
    close();
  }
}
