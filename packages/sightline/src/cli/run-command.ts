/**
 * The one wrapper that every command runs in: it parses the options, listens for Ctrl-C, writes results and errors, and
 * gives the exit code. Nothing else in the package prints.
 */

import { isSightlineError, SightlineError } from '@sightline/core';
import { commonOptions, type NamedCommand } from './command.ts';
import { eventWriter } from './event-writer.ts';
import { lowerFirst } from './option.ts';
import { type Output, openOutput } from './output.ts';
import { parse } from './parse.ts';
import { endWithParent, type Interrupt, listenForInterrupt } from './signal.ts';

/**
 * Runs a command and writes to standard output and error.
 *
 * @returns the exit code: 0, 1 where the work failed, 2 where the command line can't be understood, 128 and the signal's
 *   number after a signal (130 after Ctrl-C)
 */
export async function runCommand(named: NamedCommand, args: readonly string[]): Promise<number> {
  const isJson = args.includes('--json');
  const output = openOutput({ isJson });
  let interrupt: Interrupt | undefined;
  const wasInterrupted = () => interrupt?.signal.aborted === true;
  try {
    const { name, command } = named;
    if (args.includes('--help') || args.includes('-h')) {
      const { usagePage } = await import('./usage.ts');
      output.text(usagePage(named));
      return 0;
    }
    const { values, positionals } = parse(name, { ...command.options, ...commonOptions }, args);
    checkArguments(named, positionals);
    // The common options are about how results are written, which is no concern of the work.
    const own = Object.fromEntries(Object.entries(values).filter(([option]) => option in command.options));
    let code = 0;
    await command.run({
      values: own,
      args: positionals,
      output,
      exitWith(given) {
        code = given;
      },
      get work() {
        interrupt ??= listenForInterrupt();
        return { signal: interrupt.signal, onEvent: eventWriter(output) };
      },
    });
    return interrupt && wasInterrupted() ? interrupt.exitCode() : code;
  } catch (error) {
    output.endProgress();
    if (interrupt && wasInterrupted() && (error as Error).name === 'AbortError') return interrupt.exitCode();
    return reportFailure(error, output, args.includes('--debug'));
  } finally {
    output.endProgress();
    interrupt?.close();
  }
}

/** Runs a command as this process, and sets its exit code. */
export async function runAsProcess(named: NamedCommand, args = process.argv.slice(2)): Promise<void> {
  endWithParent();
  process.exitCode = await runCommand(named, args);
}

/** Refuses too few arguments, and too many, by what `usage` shows: `RUN PATH...` takes two or more. */
function checkArguments({ name, command }: NamedCommand, given: readonly string[]): void {
  const { least, most, required } = arity(command.usage);
  const example = `For example: ${command.examples[0]?.command}`;
  if (given.length < least) {
    const missing = required[given.length] ?? '';
    const what = command.arguments?.[missing] ?? missing;
    const more = required.indexOf(missing) < given.length ? 'another ' : '';
    throw new SightlineError('usage', `${name} needs ${more}${missing}: ${lowerFirst(what)}. ${example}`);
  }
  if (given.length > most) {
    throw new SightlineError('usage', `${name} takes no argument "${given[most]}". ${example}`);
  }
}

/** How many arguments a usage such as `[DIR | CONFIG]` or `RUN PATH...` takes. */
function arity(usage: string): { least: number; most: number; required: string[] } {
  // Of alternatives, `NAME | RUN`, one is given.
  const words = usage.replace(/ \| [A-Z]+/g, '');
  const optional = words.match(/\[[^\]]*\]/g) ?? [];
  const required = words.replace(/\[[^\]]*\]/g, '').match(/[A-Z]+/g) ?? [];
  const most = usage.includes('...') ? Number.POSITIVE_INFINITY : required.length + optional.length;
  return { least: required.length, most, required };
}

/** Writes an error: its sentence where it is one for the user, everything with `--debug`. */
export function reportFailure(error: unknown, output: Output, isDebug: boolean): number {
  const { message = String(error) } = error as { message?: string };
  const code = isSightlineError(error) ? error.code : 'unexpected';
  const sentence = isSightlineError(error) && error.hint ? `${message} ${error.hint}` : message;
  if (output.isJson) output.result({ error: { code, message: sentence } }, '');
  if (isDebug) output.error(error instanceof Error ? `${error.stack}` : String(error));
  else if (isSightlineError(error)) output.error(sentence);
  else {
    output.error(`Internal error: ${message}`);
    output.error('Please report it, with the output of the same command with --debug.');
  }
  return code === 'usage' ? 2 : 1;
}
