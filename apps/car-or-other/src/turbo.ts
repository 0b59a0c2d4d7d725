/**
 * Running turbo, and telling what it prints apart: what its tasks say, which of them it took from its cache, and its
 * own remarks.
 */
import { spawn, spawnSync } from 'node:child_process';
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
    /** Ends turbo's tasks, each as Ctrl-C does. */
    readonly signal: AbortSignal;
    readonly onLine: (task: string, text: string) => void;
  },
): Promise<TurboRun> {
  const turbo = createRequire(`${places.root}package.json`).resolve('turbo/bin/turbo');
  const flags = ['--log-order=stream', '--log-prefix=task', '--output-logs=new-only', '--no-color'];
  const args = [turbo, 'run', ...tasks, ...flags, ...(options.isForced ? ['--force'] : [])];
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...options.environment };
  // Turbo ends its tasks at once when it is told twice. In a group of its own a terminal's Ctrl-C does not reach it, so
  // that it is told once, from here.
  const child = spawn(process.execPath, args, {
    cwd: places.root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });

  const { read, said, remarks, tasks: readTasks } = turboReader(options.onLine);
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', read);
  // Turbo's launcher passes on SIGTERM only; turbo tells its tasks, which save what they have. Once this process may
  // wait no longer, neither may they.
  const stop = () => child.kill('SIGTERM');
  const stopAtOnce = () => killTree(child.pid);
  options.signal.addEventListener('abort', stop);
  process.on('exit', stopAtOnce);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  }).finally(() => {
    options.signal.removeEventListener('abort', stop);
    process.off('exit', stopAtOnce);
  });
  if (exitCode !== 0 && said() === 0) for (const line of remarks) process.stderr.write(`${line}\n`);
  return { exitCode, ...readTasks() };
}

/** Ends a process and all that it started, at once. Windows ends them with their parent's terminal. */
function killTree(pid: number | undefined): void {
  if (pid === undefined || process.platform === 'win32') return;
  const children = new Map<number, number[]>();
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  for (const line of (stdout ?? '').trim().split('\n')) {
    const [child = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  // Parents first, so that none starts another meanwhile.
  const line = [pid];
  for (const each of line) line.push(...(children.get(each) ?? []));
  for (const each of line) {
    try {
      process.kill(each, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
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
