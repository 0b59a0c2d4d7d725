// The largest resident size of a process that opens, decodes and reads 100,000 images of 64x64, of which it may keep
// 256 MiB decoded in memory: all of them are 1.2 GB. The files are links to the images of the usual data set.

import { linkSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { carOrOther, runProgram } from '@sightline/peers';
import type { Benchmark } from '../benchmark.ts';
import { places } from '../places.ts';
import { figure } from '../table.ts';

const IMAGES = 100_000;
const MEMORY_LIMIT = 1 << 28;
const TARGET = 1 << 30;

interface Answer {
  readonly images: number;
  readonly isStored: boolean;
  readonly seconds: Readonly<Record<'open' | 'decode' | 'epoch', number>>;
  readonly peak: number;
}

export const largeSet: Benchmark = {
  title: 'resident memory of 100,000 images',
  async run({ data }) {
    const from = join(data ?? (await carOrOther()), 'train');
    mkdirSync(places.scratch, { recursive: true });
    // Links do not cross disks, so the folder is beside the images where it must be.
    const folder = await mkdtemp(join(data ?? places.scratch, '..', '.sightline-memory-'));
    try {
      linkMany(from, join(folder, 'images'));
      const program = join(places.bench, 'src/contenders/large-set.ts');
      const args = [join(folder, 'images'), join(folder, 'cache'), String(MEMORY_LIMIT)];
      const printed = await runProgram(process.execPath, [...process.execArgv, program, ...args]);
      const answer = JSON.parse(printed) as Answer;
      const { images, seconds, peak } = answer;
      return {
        table: {
          columns: ['images', 'open s', 'decode s', 'epoch s', 'peak MiB', 'to stay below'],
          rows: [
            [
              images.toLocaleString('en-US'),
              figure(seconds.open),
              figure(seconds.decode),
              figure(seconds.epoch),
              figure(peak / 2 ** 20),
              `${TARGET / 2 ** 20} ${peak < TARGET ? 'reached' : 'MISSED'}`,
            ],
          ],
        },
        measurements: { ...answer, target: TARGET },
        software: {},
        notes: ['Flipped and rotated batches of 128, drawn from the file of decoded images.'],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** As many names as images are wanted, in class folders like those of `from`. */
function linkMany(from: string, to: string): void {
  const classes = readdirSync(from);
  const files = classes.map((name) => readdirSync(join(from, name)).filter((file) => extname(file) !== ''));
  for (const name of classes) mkdirSync(join(to, name), { recursive: true });
  for (let i = 0; i < IMAGES; i++) {
    const label = i % classes.length;
    const file = files[label]![Math.floor(i / classes.length) % files[label]!.length]!;
    linkSync(join(from, classes[label]!, file), join(to, classes[label]!, `${i}${extname(file)}`));
  }
}
