/**
 * The pipeline's graph as turbo itself reads it: which task waits for which, and what makes one run again. Turbo only
 * plans here (`--dry=json`): nothing is trained.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { places } from './places.ts';

interface Task {
  taskId: string;
  hash: string;
  dependencies: string[];
  inputs: Record<string, string>;
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

const trainings = ['baseline', 'augmentation', 'vgg16-backend'].map((name) => `${app}train:${name}`);

test('data, then features and two trainings, then the third, then the report', () => {
  const tasks = plan();
  const needs = (id: string) => tasks.get(id)?.dependencies;
  expect(needs(`${app}data`)).toEqual([]);
  expect(needs(`${app}features`)).toEqual([`${app}data`]);
  expect(needs(`${app}train:baseline`)).toEqual([`${app}data`]);
  expect(needs(`${app}train:augmentation`)).toEqual([`${app}data`]);
  expect(needs(`${app}train:vgg16-backend`)?.sort()).toEqual([`${app}data`, `${app}features`]);
  expect(needs('@sightline/reports#report')?.sort()).toEqual([...trainings].sort());
});

test('another seed trains again, and leaves the features', () => {
  const [one, other] = [plan({ SIGHTLINE_SEED: '1' }), plan({ SIGHTLINE_SEED: '2' })];
  const changed = (id: string) => one.get(id)?.hash !== other.get(id)?.hash;
  expect(changed(`${app}features`)).toBe(false);
  expect(trainings.map(changed)).toEqual([true, true, true]);
  expect(changed('@sightline/reports#report')).toBe(true);
});

test('trainings watch the lock, the configuration and the sources, and no tests', () => {
  for (const id of trainings) {
    const inputs = Object.keys(plan().get(id)?.inputs ?? {});
    expect(inputs).toContain('data.lock.json');
    expect(inputs).toContain('sightline.config.ts');
    expect(inputs).toContain('../../packages/models/src/train/fit.ts');
    expect(inputs).toContain('../../packages/tfjs-onnxruntime/src/compile/compile.ts');
    expect(inputs.filter((path) => path.endsWith('.test.ts'))).toEqual([]);
  }
});
