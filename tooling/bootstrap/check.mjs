/**
 * `npm run check`: what can be said of the code without running it. All checks run, each on its own; the exit code
 * says whether one failed. `--json FILE` writes which passed, for `.ci/run`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** Each check is a list of command lines, of which all must succeed. */
const checks = {
  biome: [['biome', 'check', '.']],
  types: [['tsc', '-b']],
  pages: [
    [
      'pnpm',
      '--filter',
      '@sightline/reports',
      'exec',
      'astro-check',
      '--root',
      'site',
      '--tsconfig',
      'site/tsconfig.json',
    ],
  ],
  knip: [['knip']],
  sherif: [['sherif']],
  snippets: [['node', 'tooling/bootstrap/snippets.mjs']],
  api: [['node', 'tooling/bootstrap/api.mjs']],
  language: [['node', 'tooling/bootstrap/language.mjs']],
  architecture: [['depcruise', '--config', 'tooling/bootstrap/floors.mjs', 'packages', 'apps']],
  builds: [['turbo', 'run', 'build', '--output-logs=errors-only']],
  publint: published().map((path) => ['publint', path]),
  // The packages are ES modules: a CommonJS program reaches them by import().
  'types of packages': published().map((path) => ['attw', '--pack', path, '--profile', 'esm-only']),
};

const { values } = parseArgs({ options: { json: { type: 'string' } } });
const results = Object.entries(checks).map(([name, commands]) => {
  const began = performance.now();
  const passed = commands.every(succeeds);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${passed ? 'passed' : 'FAILED'}  ${name}  ${seconds} s`);
  return { name, passed };
});
if (values.json) writeFileSync(values.json, JSON.stringify(results));
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;

function succeeds(command) {
  // These say a lot about a package that is in order.
  const stdio = ['publint', 'attw'].includes(command[0]) ? 'pipe' : 'inherit';
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' };
  const shell = process.platform === 'win32';
  const { status, stdout } = spawnSync('pnpm', ['exec', ...command], { stdio, env, shell, encoding: 'utf8' });
  if (status !== 0 && stdout) console.log(stdout);
  return status === 0;
}

/** The folders of the packages that are published. */
function published() {
  return ['packages', 'apps']
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
    .filter((path) => existsSync(`${path}/package.json`))
    .filter((path) => !JSON.parse(readFileSync(`${path}/package.json`, 'utf8')).private);
}
