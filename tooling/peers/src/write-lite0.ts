// EfficientNet-Lite0 as ONNX files in both precisions, and our outputs for some images: checks/lite0.py compares.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openBackbone, type Size } from '@sightline/backbone';
import { patternImages } from '@sightline/backbone/conformance';
import { loadEfficientNetLite0 } from '@sightline/efficientnet-lite';
import { encodeModel, GraphBuilder, op } from '@sightline/onnx';
import { writeNpy } from '@sightline/runs';

const COUNT = 3;
/** Odd sides, so that padding on both is uneven. */
const SIZE: Size = [97, 131];

/** Writes `images.npy`, and for each precision `<precision>.onnx` and `<precision>.features|probabilities.npy`. */
export async function writeLite0(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const backbone = await loadEfficientNetLite0();
  const images = patternImages(COUNT, SIZE);
  writeNpy(join(folder, 'images.npy'), { data: images, shape: [COUNT, ...SIZE, 3] });
  for (const [precision, int8] of [
    ['fp32', {}],
    ['int8', { ranges: backbone.ranges! }],
  ] as const) {
    const g = new GraphBuilder(precision);
    const image = g.input('image', 'uint8', ['N', ...SIZE, 3]);
    const { features, logits } = backbone.append(g, image, { ...int8, logits: true });
    g.output('features', features);
    g.output('probabilities', op.softmax(g, logits!, 1));
    await writeFile(join(folder, `${precision}.onnx`), encodeModel(g.build()));
    const opened = await openBackbone(backbone, { imageSize: SIZE, top: true, providers: ['cpu'], ...int8 });
    for (const output of ['features', 'probabilities'] as const) {
      const data = await opened[output](images, COUNT);
      writeNpy(join(folder, `${precision}.${output}.npy`), { data, shape: [COUNT, data.length / COUNT] });
    }
    opened.release();
  }
}
