// Lets a process try damaged files on a parser for some time, and keeps those that end it, that never end, that take
// much memory or whose error is not for people.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Order, Report } from './child.ts';

export interface CampaignOptions {
  /** The target's module, as a URL. */
  readonly module: string;
  readonly name: string;
  readonly seconds: number;
  readonly seed: number;
  /** Where files that found a fault are kept. */
  readonly folder: string;
  /** Without a report for as long, a file has stopped the parser. Default: 120, twice what any parser allows
   * itself. */
  readonly hangSeconds?: number;
  /** Faults after which it ends: more of one parser are the same few. Default: 20. */
  readonly mostFaults?: number;
}

export interface Fault {
  readonly kind: 'error' | 'crash' | 'hang';
  readonly what: string;
  /** The file that led to it. */
  readonly file: string;
}

export interface CampaignResult {
  readonly name: string;
  readonly executions: number;
  readonly kinds: number;
  /** Seconds. */
  readonly slowest: number;
  /** Bytes. */
  readonly memory: number;
  readonly faults: readonly Fault[];
}

/** The heap of the parser's process in megabytes: one that grows beyond it ends it. */
const HEAP = 1024;
const WATCH_MS = 100;

/** Tries files for some seconds. Where a file ends the process, another one goes on from the next seed. */
export async function campaign(options: CampaignOptions): Promise<CampaignResult> {
  const { name, seconds, folder, mostFaults = 20 } = options;
  mkdirSync(folder, { recursive: true });
  let left = seconds * 1000;
  const total = { name, executions: 0, kinds: 0, slowest: 0, memory: 0 };
  const faults: Fault[] = [];
  for (let seed = options.seed; left > 0 && faults.length < mostFaults; seed++) {
    const last = await session({ ...options, mostFaults, seed }, left, faults);
    left -= last.milliseconds;
    total.executions += last.executions;
    total.kinds = Math.max(total.kinds, last.kinds);
    total.slowest = Math.max(total.slowest, last.slowest);
    total.memory = Math.max(total.memory, last.memory);
  }
  return { ...total, faults };
}

const withoutNumbers = (text: string) => text.replace(/\d+/g, '#');

type Progress = Exclude<Report, { readonly fault: string }>;

interface Session extends Progress {
  /** Since everything was loaded. */
  readonly milliseconds: number;
}

/** One process, until the time is over or a file has ended or stopped it. */
async function session(
  { module, name, seed, folder, hangSeconds = 120, mostFaults = 1 }: CampaignOptions,
  milliseconds: number,
  faults: Fault[],
): Promise<Session> {
  const current = join(folder, `${name}.current`);
  const keep = (kind: Fault['kind'], what: string, input = readFileSync(current)) => {
    // One file per message is enough, whatever numbers are in it.
    const isKnown = faults.some((fault) => withoutNumbers(fault.what) === withoutNumbers(what));
    if (faults.length >= mostFaults || isKnown) return;
    const file = join(folder, `${name}-${seed}-${faults.length}.bin`);
    writeFileSync(file, input);
    faults.push({ kind, what, file });
  };
  // A process that ends before its first file leaves none, not that of the process before it.
  writeFileSync(current, '');
  const child = fork(new URL('./child.ts', import.meta.url), {
    execArgv: ['--conditions=@sightline/source', `--max-old-space-size=${HEAP}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let progress: Progress = { executions: 0, kinds: 0, slowest: 0, memory: 0 };
  let [isOver, isHanging] = [false, false];
  let silentMs = 0;
  const printed = tailOf(child);
  let began: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  child.on('message', (report: Report) => {
    silentMs = 0;
    began ??= performance.now();
    timer ??= setTimeout(stop, milliseconds);
    if ('fault' in report) keep('error', report.fault, Buffer.from(report.input));
    else progress = report;
  });
  const stop = () => {
    isOver = true;
    child.kill('SIGKILL');
  };
  const watch = setInterval(() => {
    // Ticks, not the clock: both processes may have been suspended.
    silentMs += WATCH_MS;
    isHanging = silentMs > hangSeconds * 1000;
    if (isHanging || faults.length >= mostFaults) stop();
  }, WATCH_MS);
  const order: Order = { module, seed, current };
  child.send(order);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  clearInterval(watch);
  if (isHanging) keep('hang', `no end after ${hangSeconds} s`);
  else if (!isOver) keep('crash', `the process ended (${signal ?? code}): ${printed()}`);
  // One that did not even load has used its time.
  return { ...progress, milliseconds: began === undefined ? milliseconds : performance.now() - began };
}

/** The end of what a process prints. */
function tailOf({ stderr }: ChildProcess): () => string {
  let text = '';
  stderr?.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-500);
  });
  return () => text;
}
