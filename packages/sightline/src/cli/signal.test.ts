// Real processes and real signals: what Ctrl-C does once, and what it does twice.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadCheckpoint, readRun } from '@sightline/runs';
import { expect, test } from 'vitest';
import { call } from '../../test/call.ts';
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
  await setTimeout(700);
  expect(child.exitCode).toBeNull();
  child.kill('SIGINT');
  expect(await exit).toEqual([130, null]);
});

test('a key press that is passed on twice is one, even where a step keeps the thread in between', async () => {
  const code = `
    import { listenForInterrupt } from ${JSON.stringify(here('./signal.ts'))};
    const { signal } = listenForInterrupt();
    signal.addEventListener('abort', () => {
      console.log('told');
      const end = performance.now() + 1200;
      while (performance.now() < end);
      setTimeout(() => process.exit(7), 300);
    });
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const child = spawn(process.execPath, [source, '--input-type=module-typescript', '--eval', code]);
  const exit = once(child, 'exit');
  await said(child, 'ready');
  child.kill('SIGINT');
  await said(child, 'told');
  child.kill('SIGINT');
  expect(await exit).toEqual([7, null]);
});

test('a process ends soon after the one that it belongs to', async () => {
  const parent = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
  const code = `
    import { endWithParent } from ${JSON.stringify(here('./signal.ts'))};
    endWithParent(${parent.pid});
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const child = spawn(process.execPath, [source, '--input-type=module-typescript', '--eval', code]);
  const exit = once(child, 'exit');
  await said(child, 'ready');
  expect(child.exitCode).toBeNull();
  parent.kill('SIGKILL');
  expect(await exit).toEqual([129, null]);
});

const photographs = writePhotographs({ train: 64, validation: 8 });

/** What to type to train an experiment into `out`: `slow` or, of larger images, `large`. */
function training(out: string, { experiment = 'slow', data = photographs } = {}): string[] {
  const config = join(out, 'sightline.config.ts');
  const settings = (size: number) => `{
    network: 'depthwise', imageSize: [${size}, ${size}], epochs: 2, batchSize: 4,
    optimizer: { name: 'adam', learningRate: 0.001 },
    augmentation: { horizontalFlip: true, rotation: 10 } }`;
  mkdirSync(out, { recursive: true });
  writeFileSync(
    config,
    `export default { experiments: { slow: ${settings(48)}, large: ${settings(128)} } };`,
  );
  return ['train', config, '--experiment', experiment, '--data', data, '--out', out];
}

/** The real program in a process of its own. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [source, here('../main.ts'), ...args]);
  let errors = '';
  child.stderr.on('data', (bytes) => {
    errors += bytes;
  });
  return { child, exit: once(child, 'exit'), errors: () => errors };
}
const until = async (holds: () => boolean) => {
  while (!holds()) await setTimeout(5);
};
/** With --json a run tells of a step at least each second, the first included. */
const hasStepped = (errors: string) => errors.includes('"event":"progress"');
const results = (dir: string) => [
  readFileSync(join(dir, 'history.jsonl'), 'utf8').replaceAll(/"seconds":[^,}]+/g, ''),
  ...['model/weights.bin', 'predictions.jsonl'].map((name) =>
    createHash('sha256')
      .update(readFileSync(join(dir, name)))
      .digest('hex'),
  ),
];

test('one Ctrl-C inside an epoch saves that epoch too, the first one as well; the run goes on in its middle', async () => {
  const folder = temporaryFolder('signal');
  const [stopped, whole] = ['stopped', 'whole'].map((name) => training(join(folder, name)));
  const dir = join(folder, 'stopped/slow');
  const first = start(...stopped!, '--json');
  await until(() => hasStepped(first.errors()));
  first.child.kill('SIGINT');
  expect(await first.exit).toEqual([130, null]);
  expect(first.errors()).toMatch(
    /interrupted in its first epoch, after \d+ of 128 images; all of it is saved/,
  );
  expect(existsSync(join(dir, 'run.json'))).toBe(false);
  const rows = () => (loadCheckpoint(dir, 'midway').extra as { part: { rows: number } }).part.rows;
  const saved = rows();
  expect(saved).toBeGreaterThan(0);
  expect(saved).toBeLessThan(128);

  const second = start(...stopped!, '--resume', '--json');
  await until(() => second.errors().includes('"event":"epoch"'));
  second.child.kill('SIGTERM');
  expect(await second.exit).toEqual([143, null]);
  expect(readRun(dir)).toMatchObject({ run: { status: 'interrupted' }, history: [{ epoch: 1 }] });
  expect(readRun(dir).run.metrics?.splits).toMatchObject({ train: null, validation: { images: 16 } });

  expect(await call(...stopped!, '--resume')).toMatchObject({ code: 0 });
  expect(await call(...whole!)).toMatchObject({ code: 0 });
  expect(results(dir)).toEqual(results(join(folder, 'whole/slow')));
});

test('a second Ctrl-C ends a training at once, and what the first saved stays', async () => {
  // After the first it computes the metrics of its last whole epoch, which takes a while with images of that size.
  const data = writePhotographs({ train: 4, validation: 60 });
  const out = temporaryFolder('twice');
  const dir = join(out, 'large');
  const { child, exit, errors } = start(...training(out, { experiment: 'large', data }));
  await until(() => existsSync(join(dir, 'checkpoints/last.ckpt')));
  child.kill('SIGINT');
  await until(() => errors().includes('Stopping after this step'));
  // Held while the time of one key press passes; the second comes as it resumes, so that it is not done before.
  child.kill('SIGSTOP');
  await setTimeout(600);
  child.kill('SIGINT');
  child.kill('SIGCONT');
  const pressing = setInterval(() => child.kill('SIGINT'), 5);
  expect(await exit).toEqual([130, null]);
  clearInterval(pressing);
  expect(readRun(dir).run).toMatchObject({ status: 'interrupted', metrics: null });
  expect(loadCheckpoint(dir, 'last').epoch).toBe(1);
});
