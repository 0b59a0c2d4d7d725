// A training must stand in four places: the configuration, the main job, package.json (its script) and turbo.json (its
// task, and what the report waits for). What is missing in one of them is named here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, settingsOf } from 'sightline';
import { expect, test } from 'vitest';
import { mainJob } from './main-job.ts';
import { places } from './places.ts';

interface TurboTask {
  dependsOn?: string[];
  env?: string[];
  inputs?: string[];
  outputs?: string[];
}

const app = '@sightline/car-or-other#';
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, never>;
const { tasks } = read(join(places.root, 'turbo.json')) as unknown as { tasks: Record<string, TurboTask> };
const { scripts } = read(join(places.app, 'package.json')) as unknown as { scripts: Record<string, string> };
const config = await loadConfig(places.app);

test('the main job is of experiments of the configuration', () => {
  expect(Object.keys(config.experiments)).toEqual(expect.arrayContaining([...mainJob]));
});

test('every experiment can be trained as it is written', () => {
  for (const name of Object.keys(config.experiments))
    expect(() => settingsOf(config, name, {})).not.toThrow();
});

test('turbo.json and package.json have the main job, no more and no less', () => {
  const named = (keys: string[], prefix: string) =>
    keys.flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])).sort();
  const expected = [...mainJob].sort();
  expect(named(Object.keys(tasks), `${app}train:`), 'tasks in turbo.json').toEqual(expected);
  expect(named(Object.keys(scripts), 'train:'), 'scripts in package.json').toEqual(expected);
  expect(
    named(tasks['@sightline/reports#report']?.dependsOn ?? [], `${app}train:`),
    'what the report waits for',
  ).toEqual(expected);
});

test.each(mainJob)('the task of %s is of its experiment', (name) => {
  const task = tasks[`${app}train:${name}`]!;
  const usesFeatures = config.experiments[name]!.backbone === 'vgg16';
  expect(task.dependsOn).toEqual(usesFeatures ? ['data', 'features'] : ['data']);
  expect(task.outputs).toEqual([`runs/${name}/**`]);
  expect(scripts[`train:${name}`]).toMatch(new RegExp(` train --experiment ${name}$`));
  // What makes one train again makes all of them train again.
  const [first] = mainJob;
  expect(task.env).toEqual(tasks[`${app}train:${first}`]!.env);
  expect(task.inputs).toEqual(expect.arrayContaining(tasks[`${app}train:${first}`]!.inputs!));
});
