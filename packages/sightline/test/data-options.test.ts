// Options about the images, from the command line to the run, and from the run to what is done with its images later.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readRun } from '@sightline/runs';
import { beforeAll, expect, test } from 'vitest';
import { call } from './call.ts';
import { temporaryFolder, writePhotographs } from './photographs.ts';

const photos = writePhotographs({ train: 24, validation: 8 });
const folder = temporaryFolder('data-options');
const table = join(folder, 'images.csv');
const run = join(folder, 'runs/transfer');
/** As people have it: columns by other names, a class of what nobody could tell, two shots per object, no split. */
const given = [
  ...['--path-column', 'picture', '--label-column', 'what', '--group-column', 'object'],
  ...['--ignore-class', 'unsure', '--validation-fraction', '0.25'],
];
let trained: Awaited<ReturnType<typeof call>>;

beforeAll(async () => {
  const rows = ['bright', 'dark'].flatMap((name) =>
    readdirSync(join(photos, 'train', name)).map((file, i) => {
      const path = relative(folder, join(photos, 'train', name, file));
      return [path, i % 8 === 7 ? 'unsure' : name, `${name} ${i >> 1}`].join(';');
    }),
  );
  writeFileSync(table, ['picture;what;object', ...rows, ''].join('\n'));
  trained = await call('train', table, '--image-size', '32', '--out', join(folder, 'runs'), ...given);
});

test('are trained by and recorded', () => {
  expect(trained.stderr).toMatch(/^transfer: logistic regression on efficientnet-lite0, .* bright, dark;/);
  expect(trained.code).toBe(0);
  const { data, command } = readRun(run).run;
  expect(data.classes).toEqual(['bright', 'dark']);
  // 42 images without the six unsure ones, a quarter of each class held out, by objects.
  expect([...data.counts.train, ...data.counts.validation].reduce((sum, n) => sum + n)).toBe(42);
  expect(data.counts.validation.reduce((sum, n) => sum + n)).toBeGreaterThanOrEqual(10);
  expect(data.options).toEqual({
    ignoreClasses: ['unsure'],
    columns: { path: 'picture', label: 'what', group: 'object' },
    validationFraction: 0.25,
  });
  expect(command).toContain(given.join(' ').replace(/ --ignore-class unsure/, ''));
});

test('hold for the evaluation of a run on its own images', async () => {
  const { code, stdout } = await call('evaluate', run, '--json');
  expect(code).toBe(0);
  const { run: record } = readRun(run);
  const evaluated = JSON.parse(stdout);
  expect(evaluated.images).toBe(record.data.counts.validation.reduce((sum, n) => sum + n));
  expect(evaluated.accuracy).toBeCloseTo(record.metrics!.validation.accuracy, 6);
});

test('hold for the table that suspects writes, groups included', async () => {
  const fixed = join(folder, 'fixed.csv');
  expect(await call('suspects', run, '--fix', fixed)).toMatchObject({ code: 0 });
  const [header, ...rows] = readFileSync(fixed, 'utf8').trim().split('\n');
  expect(header).toBe('path,label,split,group');
  expect(rows.filter((row) => row.includes('unsure'))).toEqual([]);
  const splitsOf = Map.groupBy(rows, (row) => row.split(',')[3]);
  for (const shots of splitsOf.values()) expect(new Set(shots.map((row) => row.split(',')[2])).size).toBe(1);
});

test('are those of check, preview and features too, and in what they say to type next', async () => {
  const check = await call('check', table, ...given);
  expect(check.stdout).toMatch(/^42 images of 2 classes/);
  expect(check.stderr).toContain(`train ${table} --ignore-class unsure --path-column picture`);
  const out = join(folder, 'preview.png');
  expect(await call('preview', table, '--out', out, ...given)).toMatchObject({ code: 0 });
  const npy = join(folder, 'features.npy');
  const lite0 = ['--backbone', 'efficientnet-lite0', '--image-size', '32'];
  const features = await call('features', table, ...lite0, '--out', npy, ...given);
  expect(features.stdout).toMatch(/^42 images/);
});

test('without them the table is refused, and with a mistake in them', async () => {
  expect((await call('train', table)).stderr).toMatch(/has no column for the path \(such as path, file/);
  expect((await call('check', table, ...given, '--group', '(')).stderr).toMatch(
    /The group must be a regular expression/,
  );
  expect((await call('check', table, ...given, '--ignore-class', 'none')).stderr).toMatch(
    /has no class "none" to leave out/,
  );
  expect((await call('train', table, '--validation-fraction', '1')).stderr).toMatch(
    /--validation-fraction takes a number over 0 and below 1; "1" was given/,
  );
});

test('--allow-errors trains in spite of errors, which are told', async () => {
  const broken = temporaryFolder('errors');
  for (const split of ['train', 'validation']) {
    for (const name of ['bright', 'dark']) {
      mkdirSync(join(broken, split, name), { recursive: true });
      // The validation images are training images.
      for (const i of [0, 1, 2, 3])
        writeFileSync(
          join(broken, split, name, `${i}.png`),
          readFileSync(join(photos, 'train', name, `${i}.png`)),
        );
    }
  }
  const args = ['train', broken, '--image-size', '32', '--out', join(folder, 'errors')];
  expect(await call(...args)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the same image in two splits'),
  });
  const forced = await call(...args, '--allow-errors');
  expect(forced).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('the same image in two splits'),
  });
  const { data } = readRun(join(folder, 'errors/transfer')).run;
  expect(data.options).toEqual({ allowErrors: true });
  // What was seen goes along, for the report: a finding for each of the eight images.
  const leaks = data.findings!.filter(({ kind }) => kind === 'leak');
  expect(leaks.flatMap(({ paths }) => paths)).toHaveLength(16);
  expect(leaks[0]).toMatchObject({ severity: 'error', title: 'the same image in two splits' });
});
