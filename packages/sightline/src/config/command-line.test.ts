import { expect, test } from 'vitest';
import { programOf } from './command-line.ts';

test.each([
  [true, { npm_command: 'run-script' }, 'npm run sightline --'],
  [false, { npm_command: 'exec' }, 'npx sightline'],
  [false, { npm_command: 'run-script' }, 'sightline'],
  [false, {}, 'sightline'],
])('the command as it is typed: from sources %s, %o', (fromSources, env, program) => {
  expect(programOf(fromSources, env)).toBe(program);
});
