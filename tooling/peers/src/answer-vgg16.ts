// Our answers by the weights that checks/vgg16_sources.py wrote, beside them as `<file>.<algorithm>.<output>.npy`,
// and the names of the five most probable classes.

import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openBackbone } from '@sightline/backbone';
import { readNpy, writeJson, writeNpy } from '@sightline/runs';
import { loadVgg16 } from '@sightline/vgg16';

/** Batch sizes at which VGG16 computes its convolutions as Conv nodes, and by Winograd's F(4x4, 3x3). */
const ALGORITHMS = [
  ['direct', 8],
  ['winograd', 32],
] as const;

/** Features of the images that the other side took, and probabilities where the file has a top; removes the files. */
export async function answerVgg16(folder: string): Promise<void> {
  const images = ['small.npy', 'large.npy'].map((name) => readNpy(join(folder, name)));
  const imagesOf = (count?: number) => images.find(({ shape }) => shape[0] === count)!;
  for (const file of (await readdir(folder)).filter((name) => /\.(h5|onnx)$/.test(name))) {
    const weights = join(folder, file);
    for (const [algorithm, batchSize] of ALGORITHMS) {
      for (const [output, top] of [
        ['features', 'none'],
        ['probabilities', 'imagenet'],
      ] as const) {
        const expected = join(folder, `${file}.${output}.npy`);
        if (!existsSync(expected)) continue;
        const { shape } = readNpy(expected);
        const { data, shape: of } = imagesOf(shape[0]);
        const [count, height, width] = of as [number, number, number];
        const vgg16 = await openBackbone(await loadVgg16({ weights, top }), {
          imageSize: [height, width],
          top: top !== 'none',
          batchSize,
          providers: ['cpu'],
        });
        const answer = await vgg16[output](data as Uint8Array, count);
        if (top === 'imagenet') {
          const guesses = await vgg16.classify(data as Uint8Array, count);
          const names = guesses.map((best) => best.map(({ name }) => name));
          writeJson(join(folder, `${file}.${algorithm}.classes.json`), names);
        }
        vgg16.release();
        writeNpy(join(folder, `${file}.${algorithm}.${output}.npy`), { data: answer, shape });
      }
    }
    await rm(weights);
  }
}
