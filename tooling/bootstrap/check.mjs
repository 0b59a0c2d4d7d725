/**
 * `npm run check`: what can be said of the code without running it. All checks run, each on its own; the exit code
 * says whether one failed. `--json FILE` writes which passed, for `.ci/run`.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const checks = {
  biome: ['biome', 'check', '.'],
  types: ['tsc', '-b'],
  knip: ['knip'],
  sherif: ['sherif'],
};

const { values } = parseArgs({ options: { json: { type: 'string' } } });
const results = Object.entries(checks).map(([name, command]) => {
  const began = performance.now();
  const { status } = spawnSync('pnpm', ['exec', ...command], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const passed = status === 0;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${passed ? 'passed' : 'FAILED'}  ${name}  ${seconds} s`);
  return { name, passed };
});
if (values.json) writeFileSync(values.json, JSON.stringify(results));
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
