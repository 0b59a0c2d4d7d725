// What is made once in a test run, for all of its test files: the first that asks makes it, the others wait.

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';

const PREFIX = 'sightline-test-run-';

/**
 * The folder of the files that `make` writes, at the first call of a test run. No test may change them.
 *
 * @param name what is made: calls of the same name share it
 */
export async function oncePerTestRun(name: string, make: (root: string) => Promise<void>): Promise<string> {
  // Workers of one test run have the same parent, or are threads of the same process.
  const id = isMainThread ? process.ppid : process.pid;
  const root = join(tmpdir(), `${PREFIX}${id}-${name}`);
  const [done, failed] = [join(root, 'done'), join(root, 'failed')];
  removeAbandoned();
  try {
    mkdirSync(root);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    while (!existsSync(done)) {
      if (existsSync(failed)) throw new Error(`${name} could not be made: see the other test files.`);
      await setTimeout(100);
    }
    return root;
  }
  try {
    await make(root);
    writeFileSync(done, '');
  } catch (error) {
    writeFileSync(failed, String(error));
    throw error;
  }
  return root;
}

/** Removes what was made for test runs whose process is gone. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(PREFIX))) {
    const pid = Number.parseInt(name.slice(PREFIX.length), 10);
    try {
      process.kill(pid, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH')
        rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
}
