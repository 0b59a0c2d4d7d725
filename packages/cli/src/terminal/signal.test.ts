// Real processes and real signals: what Ctrl-C does once, and what it does twice.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readRun } from '@sightline/runs';
import { expect, test } from 'vitest';
import { temporaryFolder, writePhotographs } from '../../test/photographs.ts';

const source = '--conditions=@sightline/source';
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A process that listens, says `told` when it is asked to stop, and then does not. */
function stubborn(): ChildProcess {
  const code = `
    import { listenForInterrupt } from ${JSON.stringify(here('./signal.ts'))};
    const { signal } = listenForInterrupt();
    signal.addEventListener('abort', () => console.log('told'));
    setInterval(() => {}, 1000);
    console.log('ready');`;
  return spawn(process.execPath, [source, '--input-type=module-typescript', '--eval', code]);
}

async function said(child: ChildProcess, word: string): Promise<void> {
  for await (const [bytes] of on(child)) if (String(bytes).includes(word)) return;
}
async function* on(child: ChildProcess) {
  for (;;) yield await once(child.stdout!, 'data');
}

test('the first signal asks, one right after it is the same key press, a later one ends at once', async () => {
  const child = stubborn();
  const exit = once(child, 'exit');
  await said(child, 'ready');
  child.kill('SIGINT');
  await said(child, 'told');
  child.kill('SIGINT');
  await setTimeout(1200);
  expect(child.exitCode).toBeNull();
  child.kill('SIGINT');
  expect(await exit).toEqual([130, null]);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a training that gets %s saves what it has, goes on from there, and ends as one that was never stopped',
  { timeout: 60_000 },
  async (signal) => {
    const folder = temporaryFolder('signal');
    const photographs = writePhotographs();
    const train = (out: string, ...more: string[]) =>
      spawn(process.execPath, [
        ...[source, here('../main.ts'), 'train', '--data', photographs, '--out', join(folder, out)],
        ...['--epochs', '60', '--batch-size', '8', ...more],
      ]);
    const stopped = train('stopped');
    const dir = join(folder, 'stopped/baseline');
    while (!existsSync(join(dir, 'checkpoints/last.ckpt'))) await setTimeout(5);
    stopped.kill(signal);
    expect(await once(stopped, 'exit')).toEqual([130, null]);
    const { run, history } = readRun(dir);
    expect(run.status).toBe('interrupted');
    expect(history.length).toBeLessThan(60);
    expect(run.metrics?.figures).toMatchObject({ train: null, validation: { images: 16 } });
    expect(await once(train('stopped', '--resume'), 'exit')).toEqual([0, null]);
    if (signal !== 'SIGINT') return;
    expect(await once(train('whole'), 'exit')).toEqual([0, null]);
    const weights = (out: string) => readFileSync(join(folder, out, 'baseline/model/weights.bin'));
    expect(weights('stopped').equals(weights('whole'))).toBe(true);
  },
);
