/**
 * Where a command's words go. Results go to standard output: as text, or as one JSON value with `--json`. What tells
 * of the work while it goes on goes to standard error: as a bar that is redrawn on a terminal, as lines elsewhere.
 */
import { styleText } from 'node:util';
import { duration } from './words.ts';

export interface Progress {
  /** `done` of `total` units; `note` is a few words after the count. */
  update(done: number, total: number, note?: string): void;
  end(): void;
}

export interface Output {
  readonly isJson: boolean;
  /** The command's result: `json` for programs, or the text. */
  result(json: unknown, text: string): void;
  /** A line about the work; not written with `--json`. */
  note(text: string): void;
  warn(text: string): void;
  progress(label: string): Progress;
}

/** A turbo task writes to a terminal that is not the user's: redrawing would tear its other tasks' lines. */
const isTerminal = process.stderr.isTTY === true && process.env.TURBO_HASH === undefined;

/** The words of a command that was called with `--json` or not. */
export function openOutput({ isJson }: { isJson: boolean }): Output {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  return {
    isJson,
    result(json, text) {
      process.stdout.write(isJson ? `${JSON.stringify(json, null, 2)}\n` : `${text}\n`);
    },
    note(text) {
      if (!isJson) say(text);
    },
    warn(text) {
      say(styleText('yellow', text, { stream: process.stderr }));
    },
    progress(label) {
      if (isJson) return { update() {}, end() {} };
      return isTerminal ? progressBar(label) : progressLines(label, say);
    },
  };
}

const barWidth = 24;
const redrawMs = 80;
const lineMs = 5000;

function progressBar(label: string): Progress {
  const began = performance.now();
  let drawn = 0;
  return {
    update(done, total, note = '') {
      const now = performance.now();
      if (now - drawn < redrawMs && done < total) return;
      drawn = now;
      const filled = Math.round((done / Math.max(total, 1)) * barWidth);
      const bar =
        '━'.repeat(filled) + styleText('dim', '━'.repeat(barWidth - filled), { stream: process.stderr });
      process.stderr.write(
        `\r\u001b[K${label}  ${bar}  ${done}/${total}  ${leftOf(began, now, done, total)}${note}`,
      );
    },
    end() {
      process.stderr.write('\r\u001b[K');
    },
  };
}

function progressLines(label: string, say: (text: string) => void): Progress {
  const began = performance.now();
  let said = began;
  return {
    update(done, total, note = '') {
      const now = performance.now();
      if (now - said < lineMs) return;
      said = now;
      say(`${label}  ${done}/${total}  ${leftOf(began, now, done, total)}${note}`);
    },
    end() {},
  };
}

function leftOf(began: number, now: number, done: number, total: number): string {
  if (done === 0 || done >= total) return '';
  return `${duration((((now - began) / done) * (total - done)) / 1000)} left  `;
}
