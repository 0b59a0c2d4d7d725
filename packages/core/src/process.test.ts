import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive, lockFolder } from './process.ts';

const folder = () => join(mkdtempSync(join(tmpdir(), 'sightline-lock-')), 'runs', 'baseline');

const other = (path: string) => {
  const code = `const { lockFolder } = await import(${JSON.stringify(new URL('./process.ts', import.meta.url).href)});
    lockFolder(${JSON.stringify(path)}); console.log('locked'); setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
};

test('a folder is used by one process at a time, and one that was killed lets go', async () => {
  const path = folder();
  const holder = other(path);
  await once(holder.stdout, 'data');
  expect(isAlive(holder.pid)).toBe(true);
  expect(() => lockFolder(path)).toThrow(
    expect.objectContaining({
      code: 'busy',
      message: expect.stringContaining(`in use by process ${holder.pid}`),
    }),
  );
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(isAlive(holder.pid)).toBe(false);
  const release = lockFolder(path);
  release();
  expect(readdirSync(join(path, '..'))).toEqual([]);
});

test('a lock that was cut off is taken over; one of another machine is not', () => {
  const path = folder();
  lockFolder(path)();
  const lock = join(path, '..', '.baseline.lock');
  writeFileSync(lock, '{"pid":');
  lockFolder(path)();
  writeFileSync(lock, '{"pid": 1, "host": "elsewhere"}');
  expect(() => lockFolder(path)).toThrow(/in use by process 1 on elsewhere: .* delete .*\.baseline\.lock/);
});

test('where it cannot be written it says why', () => {
  const path = folder();
  lockFolder(path)();
  const file = join(path, '..', 'a-file');
  writeFileSync(file, '');
  expect(() => lockFolder(join(file, 'run'))).toThrow(expect.objectContaining({ code: 'not-writable' }));
});
