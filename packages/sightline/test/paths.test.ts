// What leaves the machine says nothing of its folders: the files of a run but the records, which name their images' folder;
// exported models, features, and the report.

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildReport, openModel, train } from '../src/index.ts';
import { call } from './call.ts';
import { temporaryFolder, writePhotographs } from './photographs.ts';

/** Files that name the folder of their images: of a run, of a check. */
const RECORDS = ['run.json', 'check.json'];

test('no file that is made to be passed on names a folder of this machine', async () => {
  const photos = writePhotographs({ train: 12, validation: 4 });
  const folder = temporaryFolder('paths');
  const [runs, passedOn] = [join(folder, 'runs'), join(folder, 'passed-on')];
  mkdirSync(passedOn);
  const [transfer] = await train(photos, { out: runs, cache: join(folder, 'cache'), imageSize: [64, 64] });
  await train(photos, { out: runs, network: 'baseline', imageSize: [32, 32], epochs: 1 });
  const model = await openModel(transfer!.dir);
  for (const precision of ['fp32', 'fp16'] as const)
    await model.export('onnx', join(passedOn, `${precision}.onnx`), { precision });
  await model.export('tfjs', join(passedOn, 'tfjs'));
  // The description in a .keras file is the same one, deflated.
  await model.export('keras', join(passedOn, 'keras.h5'));
  await model.release();
  const exported = join(passedOn, 'fp32.onnx');
  for (const args of [
    ['evaluate', exported, '--data', photos, '--save', join(runs, 'evaluated')],
    ['check', photos, '--save', join(folder, 'checks', 'photos')],
    ['features', photos, '--out', join(passedOn, 'features'), '--image-size', '64'],
  ])
    expect(await call(...args), args[0]).toMatchObject({ code: 0 });
  await buildReport({ runs, out: join(passedOn, 'site') });
  await buildReport({ runs, out: join(passedOn, 'one'), single: true });

  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !RECORDS.includes(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !path.startsWith(join(folder, 'cache')));
  const endings = new Set(files.map((path) => path.split('.').at(-1)));
  for (const ending of ['html', 'onnx', 'h5', 'json', 'md', 'bin', 'jsonl', 'npy', 'ckpt'])
    expect(endings).toContain(ending);
  for (const path of files) {
    const bytes = readFileSync(path);
    for (const name of [photos, folder, process.cwd(), homedir()])
      expect(bytes.includes(name), `${path} names ${name}`).toBe(false);
    if (/\.(html|json|jsonl|md)$/.test(path))
      expect(bytes.includes(`"${hostname()}"`), `${path} names this machine`).toBe(false);
  }
});
