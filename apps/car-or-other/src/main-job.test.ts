// A training must stand in four places: the configuration, the main job, package.json (its script) and turbo.json (its
// task, and what the report waits for). What is missing in one of them is named here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, settingsOf } from 'sightline';
import { dataOptions, experimentOptions, placeOptions, variablesOf } from 'sightline/cli';
import { expect, test } from 'vitest';
import { mainJob } from './main-job.ts';
import { places } from './places.ts';

interface TurboTask {
  dependsOn?: string[];
  env?: string[];
  inputs?: string[];
  outputs?: string[];
}
interface Turbo {
  tasks: Record<string, TurboTask>;
  globalPassThroughEnv: string[];
}

const read = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T;
const root = read<Turbo>(join(places.root, 'turbo.json'));
const { tasks } = read<Turbo>(join(places.app, 'turbo.json'));
const { scripts } = read<{ scripts: Record<string, string> }>(join(places.app, 'package.json'));
const config = await loadConfig(places.app);
const report = root.tasks['@sightline/reports#report'];

test('the main job is of experiments of the configuration', () => {
  expect(Object.keys(config.experiments)).toEqual(expect.arrayContaining([...mainJob]));
});

test('every experiment can be trained as it is written', () => {
  for (const name of Object.keys(config.experiments)) expect(() => settingsOf(config, name)).not.toThrow();
});

test('turbo.json and package.json have the main job, no more and no less', () => {
  const named = (keys: string[] | undefined, prefix: string) =>
    (keys ?? []).flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])).sort();
  const expected = [...mainJob].sort();
  expect(named(Object.keys(tasks), 'train:'), 'tasks in turbo.json').toEqual(expected);
  expect(named(Object.keys(scripts), 'train:'), 'scripts in package.json').toEqual(expected);
  expect(named(report?.dependsOn, '@sightline/car-or-other#train:'), 'what the report waits for').toEqual(
    expected,
  );
  // Their hashes stand for their runs; of any other run, the folder does.
  expect(
    named(report?.inputs, '!$TURBO_ROOT$/apps/car-or-other/runs/').map((path) => path.split('/')[0]),
    'runs that the report does not look at',
  ).toEqual(expected);
});

test.each(mainJob)('the task of %s is of its experiment', (name) => {
  const task = tasks[`train:${name}`];
  const usesFeatures = config.experiments[name]?.backbone === 'vgg16';
  expect(task?.dependsOn).toEqual(['data', ...(usesFeatures ? ['features'] : []), '^transit']);
  expect(task?.outputs).toEqual([`runs/${name}/**`]);
  expect(scripts[`train:${name}`]).toMatch(new RegExp(` train --experiment ${name}$`));
});

test('the tasks of data and features read the options that say which images there are', () => {
  const expected = ['SIGHTLINE_DATA', ...variablesOf(dataOptions)].sort();
  expect(tasks.data?.env).toEqual(expected);
  expect(tasks.features?.env).toEqual([...expected, 'SIGHTLINE_IMAGE_SIZE'].sort());
});

test.each(mainJob)(
  'the task of %s runs again for another value of any option, wherever things lie',
  (name) => {
    const { env = [] } = tasks[`train:${name}`] ?? {};
    const counts = (variable: string) => env.includes('SIGHTLINE_*') && !env.includes(`!${variable}`);
    expect(variablesOf(experimentOptions).filter((variable) => !counts(variable))).toEqual([]);
    const others = [...variablesOf(placeOptions), 'SIGHTLINE_CACHE', 'SIGHTLINE_PARENT'];
    expect(others.filter(counts)).toEqual([]);
    // A task keeps its runs where turbo looks for them: that of the user is for other commands.
    const passed = others.filter((variable) => variable !== 'SIGHTLINE_OUT').sort();
    expect(root.globalPassThroughEnv.filter((variable) => variable.startsWith('SIGHTLINE_'))).toEqual(passed);
  },
);
