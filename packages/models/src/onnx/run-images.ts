/** The outputs of an exported model for images, to check it and to find its ranges. */

import { openUntrusted, Session, tensorOf, UntrustedSession } from '@sightline/ort';
import { isBackboneFile } from '../backbones.ts';
import type { ModelMetadata } from '../save/metadata.ts';

const CHANNELS = 3;

/**
 * Some outputs for images, batch by batch: the activations of a large network take megabytes per image. What has a network
 * of a file inside runs in a process of its own.
 *
 * @param pixels uint8 (count, height, width, 3)
 */
export async function* runImages(
  bytes: Uint8Array,
  { imageSize, backbone = '' }: Pick<ModelMetadata, 'imageSize' | 'backbone'>,
  pixels: Uint8Array,
  batchSize: number,
  outputs: readonly string[],
): AsyncGenerator<readonly Float32Array[]> {
  const session = isBackboneFile(backbone)
    ? await openUntrusted({ name: backbone, bytes })
    : // On float32 models as fast as any other, and exact in 8 bits.
      new Session(bytes, { provider: 'cpu', workload: 'int8' });
  const size = imageSize[0] * imageSize[1] * CHANNELS;
  try {
    for (let from = 0; from < pixels.length; from += batchSize * size) {
      const data = pixels.subarray(from, from + batchSize * size);
      const shape = [data.length / size, ...imageSize, CHANNELS];
      if (session instanceof UntrustedSession) {
        const found = await session.runAll({ image: { data, dtype: 'uint8', shape } }, outputs);
        yield found.map((output) => output.data as Float32Array);
      } else {
        const found = session.run({ image: tensorOf(data, 'uint8', shape) });
        yield outputs.map((output) => found[output]!.data as Float32Array);
      }
    }
  } finally {
    session.dispose();
  }
}
