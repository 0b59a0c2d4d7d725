// Fine-tuning by a process that is killed with SIGKILL, as a machine that runs out of memory does it, and resumed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCheckpoint, readRun } from '@sightline/runs';
import { expect, test } from 'vitest';
import { train } from '../src/index.ts';
import { temporaryFolder, writePhotographs } from './photographs.ts';
import { bytes, history } from './small-training.ts';

const folder = temporaryFolder('fine-tune-kill');
const config = join(folder, 'sightline.config.ts');
// Three steps in each of four epochs, on augmented images.
writeFileSync(
  config,
  `export default { experiments: { tuned: {
    imageSize: [32, 32], fineTune: { blocks: 2, epochs: 4, batchSize: 8 },
  } } };`,
);
const data = writePhotographs({ train: 12, validation: 4 });
const optionsOf = (name: string) => ({ data, out: join(folder, name), cache: join(folder, 'cache') });

/** A process that trains, and kills itself after the second step of the third epoch. */
async function killed(name: string): Promise<string> {
  const script = join(folder, 'killed.ts');
  const index = fileURLToPath(new URL('../src/index.ts', import.meta.url));
  const code = `
    import { train } from ${JSON.stringify(index)};
    await train(${JSON.stringify(config)}, {
      ...${JSON.stringify(optionsOf(name))},
      onEvent: ({ event, epoch, rows }) => {
        if (event === 'step' && epoch === 3 && rows === 16) process.kill(process.pid, 'SIGKILL');
      },
    });`;
  writeFileSync(script, code);
  const args = ['--conditions=@sightline/source', script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [, signal] = await once(child, 'exit');
  return signal;
}

/** Arrays of millions of numbers as text, which is compared at once. */
const asBytes = (tensors: ReturnType<typeof loadCheckpoint>['weights']) =>
  tensors.map(({ data, ...rest }) => {
    const { buffer, byteOffset, byteLength } = data;
    return { ...rest, data: Buffer.from(buffer, byteOffset, byteLength).toString('latin1') };
  });

test('goes on at the last whole epoch, and ends with the same bytes', async () => {
  expect(await killed('killed')).toBe('SIGKILL');
  const dir = join(folder, 'killed/tuned');
  expect(readRun(dir).run.status).toBe('interrupted');
  // The second epoch's checkpoint may have been on its way to the disk.
  expect([1, 2]).toContain(loadCheckpoint(dir, 'last').epoch);

  const epochs: number[] = [];
  const [resumed] = await train(config, {
    ...optionsOf('killed'),
    resume: true,
    onEvent: (event) => event.event === 'epoch' && epochs.push(event.epoch),
  });
  expect(resumed).toMatchObject({ status: 'complete', epochs: 4 });
  expect(epochs.length).toBeLessThan(4);

  const [whole] = await train(config, optionsOf('whole'));
  expect(readRun(whole!.dir).run.fineTune).toMatchObject({ isKept: true });
  expect(history(dir)).toEqual(history(whole!.dir));
  for (const name of ['model/weights.bin', 'model.onnx', 'predictions.jsonl'])
    expect(bytes(dir, name), name).toBe(bytes(whole!.dir, name));
  const [found, expected] = [dir, whole!.dir].map((run) => loadCheckpoint(run, 'last'));
  expect(asBytes(found!.weights)).toEqual(asBytes(expected!.weights));
  expect(asBytes(found!.optimizer)).toEqual(asBytes(expected!.optimizer));
});
