/**
 * The pipeline's graph as turbo itself reads it: which task waits for which, and what makes one run again. Turbo only
 * plans here (`--dry=json`): nothing is trained.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { places } from './places.ts';

interface Task {
  taskId: string;
  hash: string;
  dependencies: string[];
  inputs: Record<string, string>;
}

interface Build {
  command: string;
  directory: string;
  outputs: string[];
}

const turbo = createRequire(`${places.root}package.json`).resolve('turbo/bin/turbo');
const app = '@sightline/car-or-other#';

function plan(environment: Record<string, string> = {}): Map<string, Task> {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', ...environment };
  const text = execFileSync(process.execPath, [turbo, 'run', 'train', '--dry=json'], {
    cwd: places.root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  });
  const { tasks } = JSON.parse(text.slice(text.indexOf('{'))) as { tasks: Task[] };
  return new Map(tasks.map((task) => [task.taskId, task]));
}

const trainings = ['baseline', 'augmentation', 'vgg16-backend', 'transfer'].map(
  (name) => `${app}train:${name}`,
);

test('data, then features and three trainings, then the fourth, then the report', () => {
  const tasks = plan();
  const needs = (id: string) => tasks.get(id)?.dependencies.filter((other) => !other.endsWith('#transit'));
  expect(needs(`${app}data`)).toEqual([]);
  expect(needs(`${app}features`)).toEqual([`${app}data`]);
  expect(needs(`${app}train:baseline`)).toEqual([`${app}data`]);
  expect(needs(`${app}train:augmentation`)).toEqual([`${app}data`]);
  expect(needs(`${app}train:transfer`)).toEqual([`${app}data`]);
  expect(needs(`${app}train:vgg16-backend`)?.sort()).toEqual([`${app}data`, `${app}features`]);
  expect(needs('@sightline/reports#report')?.sort()).toEqual([...trainings].sort());
});

test('another seed trains again, and leaves the features', () => {
  const [one, other] = [plan({ SIGHTLINE_SEED: '1' }), plan({ SIGHTLINE_SEED: '2' })];
  const changed = (id: string) => one.get(id)?.hash !== other.get(id)?.hash;
  expect(changed(`${app}features`)).toBe(false);
  expect(trainings.map(changed)).toEqual([true, true, true, true]);
  expect(changed('@sightline/reports#report')).toBe(true);
});

test('where things lie changes no training', () => {
  const [one, other] = [
    plan(),
    plan({ SIGHTLINE_MEMORY: '7', SIGHTLINE_PARENT: '7', SIGHTLINE_CACHE: '/x' }),
  ];
  for (const id of trainings) expect(one.get(id)?.hash).toBe(other.get(id)?.hash);
});

test('trainings watch the lock, the configuration and the sources behind them, and no tests', () => {
  const tasks = plan();
  /** The inputs of a task and of all that it waits for, with the package of each. */
  const watched = (id: string): string[] => {
    const task = tasks.get(id);
    const own = Object.keys(task?.inputs ?? {}).map((path) => `${id.split('#')[0]} ${path}`);
    return [
      ...own,
      ...(task?.dependencies ?? []).filter((other) => other.endsWith('#transit')).flatMap(watched),
    ];
  };
  for (const id of trainings) {
    const inputs = watched(id);
    expect(inputs).toContain('@sightline/car-or-other data.lock.json');
    expect(inputs).toContain('@sightline/car-or-other sightline.config.ts');
    expect(inputs).toContain('sightline src/index.ts');
    expect(inputs).toContain('@sightline/models src/train/fit.ts');
    expect(inputs).toContain('@sightline/tfjs-onnxruntime src/compile/compile.ts');
    expect(inputs.filter((path) => path.endsWith('.test.ts') || path.includes('/reports site'))).toEqual([]);
  }
});

test('the packages that are published keep what their build writes', () => {
  const text = execFileSync(process.execPath, [turbo, 'run', 'build', '--dry=json'], {
    cwd: places.root,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  });
  const { tasks } = JSON.parse(text.slice(text.indexOf('{'))) as { tasks: Build[] };
  const builds = tasks.filter(({ command }) => command !== '<NONEXISTENT>');
  expect(builds.length).toBeGreaterThan(8);
  for (const { directory, outputs } of builds) {
    const { files } = JSON.parse(readFileSync(join(places.root, directory, 'package.json'), 'utf8'));
    expect(files, directory).toContain(outputs[0]?.replace('/**', ''));
  }
});
