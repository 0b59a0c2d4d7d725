/**
 * The jobs behind the root scripts. A job is a function from its arguments to what Node 24 is to run, and where:
 * jobs that take paths run where the user stood, so that paths mean what the user meant.
 */
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where npm was called: npm itself goes to the root. */
const userFolder = process.env.INIT_CWD ?? process.cwd();

const inRoot = (path) => `${root}${path}`;

/** Packages are read from their sources: nothing is built first. */
const fromSources =
  (path, cwd, before = []) =>
  (args) => ({
    args: ['--conditions=@sightline/source', inRoot(path), ...before, ...args],
    cwd,
  });

/** The tests that need Chromium run where they are asked for, by a name: `npm test -- chromium`. */
const suites = (args) => (args.some((arg) => arg.includes('chromium')) ? [] : ['--project', '!chromium']);

export const jobs = {
  train: fromSources('apps/car-or-other/src/train.ts', userFolder),
  site: fromSources('apps/reports/src/main.ts', userFolder, ['serve']),
  sightline: fromSources('packages/sightline/src/main.ts', userFolder),
  bench: fromSources('tooling/bench/src/main.ts', userFolder),
  gpu: fromSources('tooling/bench/src/gpu/main.ts', userFolder),
  peers: fromSources('tooling/peers/src/main.ts', userFolder),
  conformance: fromSources('tooling/conformance/run.ts', root),
  fuzz: fromSources('tooling/fuzz/src/main.ts', root),
  test: (args) => ({
    args: [inRoot('node_modules/vitest/vitest.mjs'), 'run', ...suites(args), ...args],
    cwd: root,
  }),
  check: (args) => ({ args: [inRoot('tooling/bootstrap/check.mjs'), ...args], cwd: root }),
};
