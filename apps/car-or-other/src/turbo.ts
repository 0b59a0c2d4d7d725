/**
 * Running turbo, and telling what it prints apart: what its tasks say, which of them it took from its cache, and its
 * own remarks.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { places } from './places.ts';

export interface TurboTasks {
  /** Tasks by name that did not have to run. */
  readonly cached: readonly string[];
  /** Tasks that ran, in the order that they began in. */
  readonly ran: readonly string[];
  /** By task, from its beginning to its last line. */
  readonly seconds: Readonly<Record<string, number>>;
}

export interface TurboRun extends TurboTasks {
  readonly exitCode: number;
}

/** `@sightline/car-or-other:train:baseline: text`, without colours. */
const taskLine = /^@sightline\/[\w-]+:([\w:-]+): ?(.*)$/;

/** What pnpm and turbo say around a task's own lines. */
const aroundTask = [
  /^\$ /,
  /^cache (bypass|miss|hit)/,
  /ELIFECYCLE/,
  /^ERROR: command finished/,
  /^command \(/,
  /^$/,
];

/**
 * Runs turbo's `tasks` and calls `onLine` with each line that a task writes. What turbo itself has to say is passed on
 * only where it fails without any task having said a word.
 */
export async function runTurbo(
  tasks: readonly string[],
  options: {
    readonly environment: Record<string, string>;
    readonly isForced: boolean;
    readonly onLine: (task: string, text: string) => void;
  },
): Promise<TurboRun> {
  const turbo = createRequire(`${places.root}package.json`).resolve('turbo/bin/turbo');
  const flags = ['--log-order=stream', '--log-prefix=task', '--output-logs=new-only', '--no-color'];
  const args = [turbo, 'run', ...tasks, ...flags, ...(options.isForced ? ['--force'] : [])];
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...options.environment };
  const child = spawn(process.execPath, args, { cwd: places.root, env, stdio: ['inherit', 'pipe', 'pipe'] });

  const { read, said, remarks, tasks: readTasks } = turboReader(options.onLine);
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', read);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  if (exitCode !== 0 && said() === 0) for (const line of remarks) process.stderr.write(`${line}\n`);
  return { exitCode, ...readTasks() };
}

/** Takes turbo's output line by line. `said` counts the lines that tasks wrote, `remarks` are turbo's own. */
export function turboReader(onLine: (task: string, text: string) => void, now = () => performance.now()) {
  const cached: string[] = [];
  const ran: string[] = [];
  const remarks: string[] = [];
  const began: Record<string, number> = {};
  const ended: Record<string, number> = {};
  let lines = 0;
  const read = (line: string): void => {
    const [, task, text = ''] = taskLine.exec(line) ?? [];
    if (task === undefined) {
      remarks.push(line);
      return;
    }
    ended[task] = now();
    if (text.startsWith('cache hit')) cached.push(task);
    if (/^cache (miss|bypass)/.test(text)) {
      ran.push(task);
      began[task] = now();
    }
    if (aroundTask.some((remark) => remark.test(text))) return;
    lines++;
    onLine(task, text);
  };
  const tasksSoFar = (): TurboTasks => {
    const seconds = ran.map((task) => [task, ((ended[task] ?? 0) - (began[task] ?? 0)) / 1000] as const);
    return { cached, ran, seconds: Object.fromEntries(seconds) };
  };
  return { read, remarks, said: () => lines, tasks: tasksSoFar };
}
