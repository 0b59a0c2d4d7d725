/** What a command is: its arguments and options as data, and a function. */

import type { SightlineEvent } from '../events.ts';
import { flag, type Options, type Values } from './option.ts';
import type { Output } from './output.ts';
import type { Example } from './section.ts';

/** Options of every command. */
export const commonOptions = {
  json: flag('Write the result as one JSON value, and events as JSON lines on standard error'),
  debug: flag('Show the stack trace of an error'),
  help: flag('Show this page'),
} satisfies Options;

export interface Context<O extends Options> {
  readonly values: Values<O>;
  /** The arguments that are not options, at least as many as the command requires. */
  readonly args: readonly string[];
  readonly output: Output;
  /**
   * For the library: `signal` aborts on the first Ctrl-C, events go to the output. Until a command reads it, Ctrl-C ends
   * the process.
   */
  readonly work: { readonly signal: AbortSignal; readonly onEvent: (event: SightlineEvent) => void };
  /** Sets the exit code, where the work is done but for a part. */
  exitWith(code: number): void;
}

export interface Command<O extends Options = Options> {
  /** The arguments as the usage page shows them: `RUN PATH...`; what is in brackets may be left out. */
  readonly usage: string;
  /** What the arguments are, by their name in `usage`. */
  readonly arguments?: Readonly<Record<string, string>>;
  readonly examples: readonly Example[];
  readonly options: O;
  run(context: Context<O>): Promise<void>;
}

/** Checks a command's types as it is written. */
export const defineCommand = <O extends Options>(command: Command<O>): Command<O> => command;

/** A command with its name: `sightline train`, `npm run train --`. */
export interface NamedCommand {
  readonly name: string;
  readonly summary: string;
  readonly command: Command;
}
