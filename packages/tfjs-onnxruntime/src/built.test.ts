// The package as it is published: built by tsdown and used by a program beside it, on this Node. Messages must name the
// line of that program, whatever the bundler has made of this package's own files.

import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const here = fileURLToPath(new URL('..', import.meta.url));
/** Where packages of this one's own dependencies are found. */
const place = join(here, 'node_modules/.cache', `built-${process.pid}`);
const installed = join(place, 'node_modules/@sightline/tfjs-onnxruntime');

const PROGRAM = `import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { compile, useOnnxRuntime } from '@sightline/tfjs-onnxruntime';
await useOnnxRuntime();
const tell = (step) => {
  try {
    const compiled = compile(step, { debug: true });
    for (let i = 0; i < 3; i++) compiled(tf.tensor1d([-1, 2]));
  } catch (error) {
    console.log(error.message);
  }
};
tell((x) => tf.mul(x, tf.max(x).dataSync()[0])); // line 13
tell((x) => tf.unique(x).values);
tell((x) => tf.tidy(() => tf.sqrt(x)));
tell((x) => tf.mul(x, Math.random()));
tell((x) => tf.add(x, tf.ones([3]))); // line 17
`;

beforeAll(async () => {
  await mkdir(installed, { recursive: true });
  const tsdown = join(dirname(createRequire(import.meta.url).resolve('tsdown/package.json')), 'dist/run.mjs');
  await run(process.execPath, [tsdown, '--no-dts', '--out-dir', join(installed, 'dist')], { cwd: here });
  const manifest = { name: '@sightline/tfjs-onnxruntime', type: 'module', exports: './dist/index.js' };
  await writeFile(join(installed, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(place, 'program.mjs'), PROGRAM);
});

afterAll(() => rm(place, { recursive: true, force: true }));

it('names the kernel and the line of the program that uses it', async () => {
  const { stdout } = await run(process.execPath, [
    '--conditions=@sightline/source',
    join(place, 'program.mjs'),
  ]);
  const lines = stdout.trim().split('\n');
  const at = (line: number) => `at .*program\\.mjs:${line}\\b`;
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(new RegExp(`reads the result of Max ${at(13)}`));
  expect(lines[1]).toMatch(new RegExp(`calls Unique on float32\\[2\\] ${at(14)}`));
  expect(lines[2]).toMatch(new RegExp(`the result of Sqrt, float32\\[2\\], with NaN \\(called ${at(15)}\\)`));
  expect(lines[3]).toMatch(new RegExp(`random numbers in JavaScript ${at(16)}`));
  expect(lines[4]).toMatch(/^Add: Add cannot broadcast \[2\] with \[3\]/);
});
