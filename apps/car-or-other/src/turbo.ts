/** Running turbo, whose `--json` says of each line which task wrote it. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { places } from './places.ts';

export interface TurboRun {
  readonly exitCode: number;
  /** By the name of a task that ran, from its first line to its last. Tasks from turbo's cache are left out. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** A line of `turbo run --json`. */
interface TurboLine {
  /** `turbo`, or a task: `@sightline/car-or-other#train:baseline`. */
  readonly source: string;
  readonly level: string;
  /** In milliseconds since 1970. */
  readonly timestamp: number;
  readonly text: string;
}

export interface TurboOptions {
  readonly environment: Record<string, string>;
  readonly isForced: boolean;
  /** Ends turbo's tasks, each as Ctrl-C does. */
  readonly signal: AbortSignal;
  readonly onLine: (text: string) => void;
}

/**
 * Runs turbo's `tasks` and calls `onLine` with each line that a task writes. What turbo itself has to say is passed on
 * only where it fails without any task having said a word.
 */
export async function runTurbo(tasks: readonly string[], options: TurboOptions): Promise<TurboRun> {
  const turbo = createRequire(`${places.root}package.json`).resolve('turbo/bin/turbo');
  const flags = ['--json', '--output-logs=new-only', ...(options.isForced ? ['--force'] : [])];
  const env = {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    SIGHTLINE_PARENT: String(process.pid),
    ...options.environment,
  };
  // Turbo ends its tasks at once when it is told twice. In a group of its own a terminal's Ctrl-C does not reach it, so
  // that it is told once, from here.
  const child = spawn(process.execPath, [turbo, 'run', ...tasks, ...flags], {
    cwd: places.root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
  const reader = turboReader(options.onLine, pnpmLines());
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', reader.read);
  // Turbo's launcher passes on SIGTERM only; turbo tells its tasks, which save what they have.
  const stop = () => child.kill('SIGTERM');
  options.signal.addEventListener('abort', stop);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  }).finally(() => options.signal.removeEventListener('abort', stop));
  if (exitCode !== 0 && reader.said() === 0) for (const line of reader.remarks) options.onLine(line);
  return { exitCode, seconds: reader.seconds() };
}

/** The scripts of both packages, which pnpm writes before it runs them, and around them. */
function pnpmLines(): ReadonlySet<string> {
  const lines = [places.app, places.reports].flatMap((folder) => {
    const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    return Object.values(scripts).flatMap((script) => [script, `$ ${script}`]);
  });
  return new Set(['', '$', ...lines]);
}

/** Takes turbo's output line by line. `said` counts the lines that tasks wrote, `remarks` are turbo's own. */
export function turboReader(onLine: (text: string) => void, ignored: ReadonlySet<string> = new Set()) {
  const remarks: string[] = [];
  const times = new Map<string, { first: number; last: number; lines: number }>();
  let said = 0;
  const read = (json: string): void => {
    const line = parseLine(json);
    if (!line || line.source === 'turbo') {
      remarks.push(line?.text ?? json);
      return;
    }
    const { source, timestamp, text } = line;
    const task = source.slice(source.indexOf('#') + 1);
    const time = times.get(task);
    times.set(task, { first: time?.first ?? timestamp, last: timestamp, lines: (time?.lines ?? 0) + 1 });
    // A task's first line is turbo's: that it was in the cache, or that it runs.
    if (!time || ignored.has(text.trim()) || text.startsWith('[ELIFECYCLE]')) return;
    said++;
    onLine(text);
  };
  const seconds = (): Record<string, number> => {
    const ran = [...times].filter(([, { lines }]) => lines > 1);
    return Object.fromEntries(ran.map(([task, { first, last }]) => [task, (last - first) / 1000]));
  };
  return { read, remarks, said: () => said, seconds };
}

function parseLine(json: string): TurboLine | undefined {
  try {
    return JSON.parse(json) as TurboLine;
  } catch {
    return undefined;
  }
}
