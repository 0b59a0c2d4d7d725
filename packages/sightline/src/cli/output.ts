/**
 * Where a command's words go. Results go to standard output: as text, or as one JSON value with `--json`. What goes on
 * meanwhile goes to standard error: as a bar that is redrawn on a terminal, as lines elsewhere, and with `--json` as
 * events, a line of JSON each: `{"event":"epoch","run":"baseline","epoch":1,...}`.
 */

import { stripVTControlCharacters, styleText } from 'node:util';
import { duration, integer, printable } from '@sightline/core';
import { type Example, examplesSection } from './section.ts';

export interface Progress {
  readonly what: string;
  readonly done: number;
  readonly total: number;
  /** A few words after the count; asked for only when they are shown. */
  readonly note?: () => string;
}

export interface Output {
  readonly isJson: boolean;
  /** The command's result: `json` for programs, or the text. */
  result(json: unknown, text: string): void;
  /** Text on standard output whatever the format, such as a usage page; whole lines. */
  text(text: string): void;
  /** The same without a line end, as a command writes its formats. In a pipe nothing is escaped. */
  raw(text: string): void;
  /** A line about the work; not written with `--json`. */
  note(text: string): void;
  /**
   * What to type next, after the result. Not written with `--json`, nor in a pipeline, which has an end of its own.
   */
  next(...steps: readonly Example[]): void;
  warn(text: string): void;
  error(text: string): void;
  /** Something that happened, for programs; written with `--json` only. */
  event(name: string, fields: object): void;
  /** How far the work is. Whatever is written afterwards takes the bar away. */
  progress(progress: Progress): void;
  endProgress(): void;
}

/** A turbo task writes to a terminal that is not its own: redrawing would tear other tasks' lines. */
const isTask = process.env.TURBO_HASH !== undefined;
const isTerminal = process.stderr.isTTY === true && !isTask;

/** The words of a command that was called with `--json` or not. */
export function openOutput({ isJson }: { isJson: boolean }): Output {
  guardStandardOutput();
  let painter: Painter | undefined;
  const endProgress = () => {
    painter?.end();
    painter = undefined;
  };
  const say = (text: string) => {
    endProgress();
    process.stderr.write(`${printable(text)}\n`);
  };
  const event = (name: string, fields: object) => {
    if (isJson) process.stderr.write(`${JSON.stringify({ event: name, ...fields })}\n`);
  };
  const text = (words: string) => {
    endProgress();
    process.stdout.write(`${printable(words)}\n`);
  };
  return {
    isJson,
    text,
    raw(words) {
      endProgress();
      process.stdout.write(process.stdout.isTTY ? printable(words) : words);
    },
    event,
    endProgress,
    result(json, words) {
      if (isJson) process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
      else if (words !== '') text(words);
    },
    note(words) {
      if (!isJson) say(words);
    },
    next(...steps) {
      if (!isJson && !isTask) say(`\n${examplesSection('Next', steps)}`);
    },
    warn(words) {
      if (isJson) event('warning', { message: words });
      else say(styleText('yellow', words, { stream: process.stderr }));
    },
    error: say,
    progress(progress) {
      if (painter?.what !== progress.what) {
        endProgress();
        painter = isJson
          ? eventPainter(progress.what, event)
          : isTerminal
            ? bar(progress.what)
            : lines(progress.what);
      }
      painter.paint(progress);
    },
  };
}

let isGuarded = false;

/** Ends the process in order where standard output can't take more: a reader that has left, or a full disk. */
function guardStandardOutput(): void {
  if (isGuarded) return;
  isGuarded = true;
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(0);
    process.stderr.write(`Could not write to standard output: ${message}.\n`);
    process.exit(1);
  });
}

/** One way to show how far the work is. */
interface Painter {
  readonly what: string;
  paint(progress: Progress): void;
  end(): void;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 80;
const LINE_MS = 5000;
const EVENT_MS = 1000;

function bar(what: string): Painter {
  const left = timeLeft();
  let drawn = 0;
  return {
    what,
    paint({ done, total, note = () => '' }) {
      const now = performance.now();
      const remaining = left(done, total);
      if (now - drawn < REDRAW_MS && done < total) return;
      drawn = now;
      const filled = Math.round((done / Math.max(total, 1)) * BAR_WIDTH);
      const rest = styleText('dim', '━'.repeat(BAR_WIDTH - filled), { stream: process.stderr });
      const parts = [what, '━'.repeat(filled) + rest, counts(done, total), note(), remaining];
      process.stderr.write(`\r\u001b[K${clipped(parts.filter((part) => part !== '').join('  '))}`);
    },
    end() {
      process.stderr.write('\r\u001b[K');
    },
  };
}

function lines(what: string): Painter {
  const left = timeLeft();
  let said = performance.now();
  return {
    what,
    paint({ done, total, note = () => '' }) {
      const now = performance.now();
      const remaining = left(done, total);
      if (now - said < LINE_MS) return;
      said = now;
      process.stderr.write(
        `${printable([what, counts(done, total), note(), remaining].filter((part) => part !== '').join('  '))}\n`,
      );
    },
    end() {},
  };
}

function eventPainter(what: string, event: Output['event']): Painter {
  let said = 0;
  return {
    what,
    paint({ done, total, note = () => '' }) {
      const now = performance.now();
      if (now - said < EVENT_MS && done < total) return;
      said = now;
      const words = note();
      event('progress', { what, done, total, ...(words === '' ? {} : { note: words }) });
    },
    end() {},
  };
}

const counts = (done: number, total: number) => `${integer(done)}/${integer(total)}`;

/** A line that wraps can't be drawn over: it ends where the terminal does. */
function clipped(line: string): string {
  const columns = process.stderr.columns ?? 80;
  const plain = [...stripVTControlCharacters(line)];
  return plain.length < columns ? line : plain.slice(0, columns - 1).join('');
}

/** Words for the time left, by the pace since the first call: what came before may be another process' work. */
function timeLeft(): (done: number, total: number) => string {
  let first: { done: number; at: number } | undefined;
  return (done, total) => {
    const now = performance.now();
    first ??= { done, at: now };
    if (done <= first.done || done >= total) return '';
    return `${duration((((now - first.at) / (done - first.done)) * (total - done)) / 1000)} left`;
  };
}
