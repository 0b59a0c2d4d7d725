/**
 * Where a command's words go. Results go to standard output: as text, or as one JSON value with `--json`. What tells
 * of the work while it goes on goes to standard error: as a bar that is redrawn on a terminal, as lines elsewhere, and
 * with `--json` as *events*, a line of JSON each: `{"event":"epoch","run":"baseline","epoch":1,...}`.
 */
import { stripVTControlCharacters, styleText } from 'node:util';
import { duration, integer } from '@sightline/core';

export interface Progress {
  /** `done` of `total` units; `note` gives a few words after the count, and is asked only when they are shown. */
  update(done: number, total: number, note?: () => string): void;
  end(): void;
}

export interface Output {
  readonly isJson: boolean;
  /** The command's result: `json` for programs, or the text. */
  result(json: unknown, text: string): void;
  /** A line about the work; not written with `--json`. */
  note(text: string): void;
  warn(text: string): void;
  /** Something that happened, for programs; written with `--json` only. */
  event(name: string, fields: object): void;
  progress(label: string): Progress;
}

/** A turbo task writes to a terminal that is not the user's: redrawing would tear its other tasks' lines. */
const isTerminal = process.stderr.isTTY === true && process.env.TURBO_HASH === undefined;

/** The words of a command that was called with `--json` or not. */
export function openOutput({ isJson }: { isJson: boolean }): Output {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const event = (name: string, fields: object) => {
    if (isJson) say(JSON.stringify({ event: name, ...fields }));
  };
  return {
    isJson,
    result(json, text) {
      process.stdout.write(isJson ? `${JSON.stringify(json, null, 2)}\n` : `${text}\n`);
    },
    note(text) {
      if (!isJson) say(text);
    },
    warn(text) {
      if (isJson) event('warning', { message: text });
      else say(styleText('yellow', text, { stream: process.stderr }));
    },
    event,
    progress(label) {
      if (isJson) return progressEvents((fields) => event('progress', { what: label, ...fields }));
      return isTerminal ? progressBar(label) : progressLines(label, say);
    },
  };
}

const barWidth = 24;
const redrawMs = 80;
const lineMs = 5000;
const eventMs = 1000;

function progressBar(label: string): Progress {
  const left = timeLeft();
  let drawn = 0;
  return {
    update(done, total, note = () => '') {
      const now = performance.now();
      const remaining = left(done, total);
      if (now - drawn < redrawMs && done < total) return;
      drawn = now;
      const filled = Math.round((done / Math.max(total, 1)) * barWidth);
      const bar =
        '━'.repeat(filled) + styleText('dim', '━'.repeat(barWidth - filled), { stream: process.stderr });
      const parts = [label, bar, counts(done, total), note(), remaining].filter((part) => part !== '');
      process.stderr.write(`\r\u001b[K${clipped(parts.join('  '))}`);
    },
    end() {
      process.stderr.write('\r\u001b[K');
    },
  };
}

function progressLines(label: string, say: (text: string) => void): Progress {
  const left = timeLeft();
  let said = performance.now();
  return {
    update(done, total, note = () => '') {
      const now = performance.now();
      const remaining = left(done, total);
      if (now - said < lineMs) return;
      said = now;
      say([label, counts(done, total), note(), remaining].filter((part) => part !== '').join('  '));
    },
    // What follows is a line by itself, such as an epoch's: it is not yet time for another.
    end() {
      said = performance.now();
    },
  };
}

function progressEvents(say: (fields: object) => void): Progress {
  const left = timeLeft();
  let said = 0;
  return {
    update(done, total, note = () => '') {
      const now = performance.now();
      left(done, total);
      if (now - said < eventMs && done < total) return;
      said = now;
      const words = note();
      say({ done, total, ...(words === '' ? {} : { note: words }) });
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
