/**
 * Where a command's words go. Results go to standard output: as text, or as one JSON value with `--json`. What goes on
 * meanwhile goes to standard error: as a bar that is redrawn on a terminal, as lines elsewhere, and with `--json` as
 * events, a line of JSON each: `{"event":"epoch","run":"baseline","epoch":1,...}`.
 */

import { stripVTControlCharacters, styleText } from 'node:util';
import { duration, integer, printable, reasonOf, visible } from '@sightline/core';
import stringWidth from 'string-width';
import { cutTo, wrapped } from '../config/words.ts';
import { type Example, examplesSection } from './section.ts';

export interface Progress {
  readonly what: string;
  readonly done: number;
  readonly total: number;
  /** A few words each, the most important first, as many as there is room for; asked for only when they are shown. */
  readonly notes?: () => readonly string[];
}

/** A part of a text in a style, where it goes to a terminal that has styles. */
export interface Styled {
  readonly text: string;
  readonly style: 'bold' | 'red' | 'yellow';
}

/** A text, or its parts one after the other. Names in it cannot style anything: their escape characters are shown. */
export type Words = string | readonly (string | Styled)[];

function rendered(words: Words, stream: NodeJS.WriteStream): string {
  const parts = typeof words === 'string' ? [words] : words;
  return parts
    .map((part) =>
      typeof part === 'string' ? printable(part) : styleText(part.style, printable(part.text), { stream }),
    )
    .join('');
}

export interface Output {
  readonly isJson: boolean;
  /** Columns for what is said about the work. */
  readonly width: number;
  /** The command's result: `json` for programs, or the text. */
  result(json: unknown, text: Words): void;
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
  /** What goes on while nothing can be counted, in a few words. Whatever is written afterwards takes them away. */
  status(text: string): void;
  /** How far the work is. Whatever is written afterwards takes the bar away. */
  progress(progress: Progress): void;
  endProgress(): void;
}

/** A turbo task writes to a terminal that is not its own: redrawing would tear other tasks' lines. */
const isTask = process.env.TURBO_HASH !== undefined;
const isTerminal = process.stderr.isTTY === true && !isTask;

/** The columns of the terminal that results go to; without one, lines may be of any length. */
export const resultWidth = (): number =>
  process.stdout.isTTY ? (process.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;

const noteWidth = (): number => (isTerminal ? (process.stderr.columns ?? 80) : Number.POSITIVE_INFINITY);

/** The text with lines that are too long broken between words; what follows a line stands below its beginning. */
export function broken(text: string, width: number): string {
  if (width === Number.POSITIVE_INFINITY) return text;
  return text
    .split('\n')
    .flatMap((line) => {
      if (stringWidth(line) <= width) return [line];
      const indent = /^ */.exec(line)![0];
      const lines = wrapped(line.trim(), Math.max(20, width - indent.length - 2));
      return lines.map((words, i) => `${indent}${i > 0 ? '  ' : ''}${words}`);
    })
    .join('\n');
}

/** The words of a command that was called with `--json` or not. */
export function openOutput({ isJson }: { isJson: boolean }): Output {
  guardStandardOutput();
  let painter: Painter | undefined;
  /** By what is counted: a bar keeps its pace while other words take its place. */
  const pace = new Map<string, TimeLeft>();
  const endProgress = () => {
    painter?.end();
    painter = undefined;
  };
  const write = (words: Words) => {
    endProgress();
    process.stderr.write(`${rendered(words, process.stderr)}\n`);
  };
  const say = (text: string) => write(broken(text, noteWidth()));
  const event = (name: string, fields: object) => {
    if (isJson) process.stderr.write(`${JSON.stringify({ event: name, ...fields })}\n`);
  };
  const text = (words: Words) => {
    endProgress();
    process.stdout.write(`${broken(rendered(words, process.stdout), resultWidth())}\n`);
  };
  return {
    isJson,
    get width() {
      return noteWidth();
    },
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
      // A command is broken by the terminal itself, so that it can be copied.
      // After a result that could not be written, the error alone follows.
      if (!isJson && !isTask && !process.stdout.errored)
        write(`\n${examplesSection('Next', steps, noteWidth())}`);
    },
    warn(words) {
      if (isJson) event('warning', { message: words });
      else write([{ text: broken(words, noteWidth()), style: 'yellow' }]);
    },
    error: say,
    status(words) {
      endProgress();
      if (!isTerminal || isJson) return;
      painter = { what: '', paint() {}, end: clearLine };
      process.stderr.write(fitting(`${printable(words)} …`, noteWidth()));
    },
    progress(progress) {
      if (painter?.what !== progress.what) {
        endProgress();
        const { what } = progress;
        const left = pace.get(what) ?? timeLeft();
        pace.set(what, left);
        painter = isJson ? eventPainter(what, event) : isTerminal ? bar(what, left) : lines(what, left);
      }
      painter.paint(progress);
    },
  };
}

let isGuarded = false;

/** Ends the process in order where standard output takes no more: a reader that has left, or a full disk. */
function guardStandardOutput(): void {
  if (isGuarded) return;
  isGuarded = true;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`Could not write to standard output: ${reasonOf(error)}.\n`);
    process.exit(1);
  });
  // Nobody can be told, and the work itself goes on.
  process.stderr.on('error', () => {});
}

/** One way to show how far the work is. */
interface Painter {
  readonly what: string;
  paint(progress: Progress): void;
  end(): void;
}

const [LEAST_BAR, MOST_BAR] = [8, 24];
const REDRAW_MS = 80;
const LINE_MS = 5000;
const EVENT_MS = 1000;

const clearLine = () => void process.stderr.write('\r\u001b[K');

function bar(what: string, left: TimeLeft): Painter {
  let drawn = 0;
  return {
    what,
    paint({ done, total, notes = () => [] }) {
      const now = performance.now();
      const remaining = left(done, total);
      if (now - drawn < REDRAW_MS && done < total) return;
      drawn = now;
      process.stderr.write(
        `\r\u001b[K${barLine({ what, done, total, notes: notes(), remaining }, noteWidth())}`,
      );
    },
    end: clearLine,
  };
}

interface BarParts {
  readonly what: string;
  readonly done: number;
  readonly total: number;
  readonly notes: readonly string[];
  readonly remaining: string;
}

/** A bar and what there is room for: the count, the time left, then the notes. A line that wraps can't be drawn over. */
export function barLine({ what, done, total, notes, remaining }: BarParts, width: number): string {
  const room = width - 1;
  const shown: string[] = [];
  let used = what.length + GAP + LEAST_BAR;
  const isNarrow = used + GAP + counts(done, total).length + GAP + remaining.length > room;
  const count = isNarrow ? `${Math.floor((100 * done) / Math.max(total, 1))}%` : counts(done, total);
  for (const part of [count, remaining, ...notes]) {
    if (part === '') continue;
    if (used + GAP + part.length > room) break;
    shown.push(part);
    used += GAP + part.length;
  }
  // The time left stands at the end, where the eye looks for it.
  if (shown.length > 2 && shown[1] === remaining) shown.push(...shown.splice(1, 1));
  const size = Math.min(MOST_BAR, LEAST_BAR + room - used);
  const filled = (done / Math.max(total, 1)) * size;
  const whole = Math.floor(filled);
  const half = filled - whole >= 0.5 ? '╸' : '';
  const head = styleText('cyan', '━'.repeat(whole) + half, { stream: process.stderr });
  const rest = styleText('dim', '─'.repeat(size - whole - half.length), { stream: process.stderr });
  const [name = '', ...words] = [what, ...shown].map(visible);
  return fitting([name, head + rest, ...words].join(' '.repeat(GAP)), width);
}

/** Spaces between the parts of a line. */
const GAP = 2;

function lines(what: string, left: TimeLeft): Painter {
  let said = performance.now();
  return {
    what,
    paint({ done, total, notes = () => [] }) {
      const now = performance.now();
      const remaining = left(done, total);
      if (now - said < LINE_MS) return;
      said = now;
      const parts = [what, counts(done, total), ...notes(), remaining];
      process.stderr.write(`${printable(parts.filter((part) => part !== '').join('  '))}\n`);
    },
    end() {},
  };
}

function eventPainter(what: string, event: Output['event']): Painter {
  let said = 0;
  return {
    what,
    paint({ done, total, notes = () => [] }) {
      const now = performance.now();
      if (now - said < EVENT_MS && done < total) return;
      said = now;
      const words = notes().join('  ');
      event('progress', { what, done, total, ...(words === '' ? {} : { note: words }) });
    },
    end() {},
  };
}

const counts = (done: number, total: number) => `${integer(done)}/${integer(total)}`;

/** The line, or as much of it as the terminal shows in one. */
function fitting(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return stringWidth(plain) < width ? line : cutTo(plain, width - 1);
}

/** Words for the time left, by the pace since the first that was done: what came before is preparation. */
type TimeLeft = (done: number, total: number) => string;

function timeLeft(): TimeLeft {
  let first: { done: number; at: number } | undefined;
  let last = 0;
  return (done, total) => {
    const now = performance.now();
    // Another count of the same name.
    if (done < last) first = undefined;
    last = done;
    if (done > 0) first ??= { done, at: now };
    if (!first || done <= first.done || done >= total) return '';
    return `${duration((((now - first.at) / (done - first.done)) * (total - done)) / 1000)} left`;
  };
}
