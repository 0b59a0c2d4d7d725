// The job of the worker pool that decodes small plain images; others are left to the thread that asked.

import type { ResizeSettings } from '@sightline/image';
import { type FileList, fileProcessor } from '../files/file-reader.ts';
import type { ParallelJob } from '../workers/parallel.ts';

export interface DecodeInput {
  readonly files: FileList;
  readonly resize: ResizeSettings;
  /** Pixels of each image, one after the other. */
  readonly pixels: Uint8Array<SharedArrayBuffer>;
}

export const decodeJob: ParallelJob<DecodeInput> = {
  name: 'decode',
  purpose: 'read files',
  worthThreads: 128,
  processor: async ({ files, resize, pixels }) => {
    // Not before it is needed: the decoder takes as long to load as hundreds of small images to decode.
    const { decodeImageAtOnce, isLargeByHeader } = await import('../decode/decode-image.ts');
    const decode = (bytes: Uint8Array, index: number) => {
      const image = decodeImageAtOnce(bytes, resize);
      if (image === undefined) return false;
      pixels.set(image.data, index * image.data.length);
      return true;
    };
    return fileProcessor(files, decode, isLargeByHeader);
  },
};
