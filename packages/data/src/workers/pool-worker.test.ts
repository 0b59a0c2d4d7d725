import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

test('a thread starts in a program that came by --eval', async () => {
  const code = `
    import { PoolWorker } from ${JSON.stringify(new URL('./pool-worker.ts', import.meta.url).href)};
    try {
      await new PoolWorker().run({ job: 'none', input: null, purpose: 'start' });
    } catch ({ message }) {
      console.log(message);
    }`;
  const flags = ['--conditions=@sightline/source', '--input-type=module', '--eval', code];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  // It knows its jobs: it was loaded, and what it imports was found.
  expect(await text(child.stdout)).toMatch(/^A worker thread could not start: .*undefined.*'run'/);
});
