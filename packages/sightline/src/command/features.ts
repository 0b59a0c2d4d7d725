/** `sightline features`: what VGG16's convolutions say of each image of a folder, as `.npy`. */

import { basename, dirname, extname, resolve } from 'node:path';
import { counted, duration, SightlineError } from '@sightline/core';
import { openDataset, SPLIT_NAMES, samplesOf } from '@sightline/data';
import { type Features, writeFeatures } from '@sightline/runs';
import { PROVIDER_ORDER } from '@sightline/vgg16';
import { defineCommand } from 'citty';
import { computeFeatures, PRECISIONS } from '../run/features.ts';
import { openOutput } from '../terminal/output.ts';
import { listenForInterrupt } from '../terminal/signal.ts';
import { oneOf, sharedOptions, wholeNumber } from './options.ts';

export const features = defineCommand({
  meta: { name: 'features', description: "VGG16's features of a folder of images, as .npy" },
  args: {
    folder: { type: 'positional', required: false, description: 'The folder of images' },
    out: {
      type: 'string',
      description: 'A .npy file for all images, or a folder for one file a split',
      valueHint: 'FILE.npy',
    },
    size: { type: 'string', description: 'Height and width of the images; 64 unless given', valueHint: 'N' },
    'batch-size': { type: 'string', description: 'Images at once; 32 unless given', valueHint: 'N' },
    weights: {
      type: 'string',
      description: "Other weights: Keras' .h5, ONNX Model Zoo's .onnx, .safetensors",
      valueHint: 'FILE',
    },
    provider: { type: 'string', description: 'cuda, webgpu, coreml, dml, cpu', valueHint: 'P' },
    precision: {
      type: 'string',
      description: 'fp32, or int8: faster on cpu, a little less exact',
      valueHint: 'P',
    },
    shard: { type: 'string', description: 'Only the I-th of N equal parts of the images', valueHint: 'I/N' },
    ...sharedOptions,
  },
  async run({ args }) {
    const output = openOutput({ isJson: args.json === true });
    if (!args.folder || !args.out) {
      const example = 'sightline features photographs --out features.npy';
      throw new SightlineError('usage', `Expected a folder of images and --out. For example: ${example}`);
    }
    const side = wholeNumber('size', args.size, 32) ?? 64;
    const provider = oneOf('provider', args.provider, PROVIDER_ORDER);
    const precision = oneOf('precision', args.precision, PRECISIONS);
    const batchSize = wholeNumber('batch-size', args['batch-size'], 1);
    const shard = parseShard(args.shard);
    const { signal, close } = listenForInterrupt();
    try {
      const dataset = await openDataset(args.folder, { signal });
      const options = {
        resize: { size: [side, side] as const, interpolation: 'nearest' as const, fit: 'stretch' as const },
        ...(batchSize ? { batchSize } : {}),
        ...(args.weights ? { weights: args.weights } : {}),
        ...(provider ? { provider } : {}),
        ...(precision ? { precision } : {}),
      };
      const chosen = SPLIT_NAMES.filter((split) => samplesOf(dataset, split).length > 0);
      const splits = Object.fromEntries(
        chosen.map((split) => [split, part(samplesOf(dataset, split), shard)]),
      );
      const parts = await computeFeatures(
        { ...dataset, splits: { train: [], validation: [], ...splits } },
        chosen,
        options,
        { output, signal },
      );
      const files =
        extname(args.out) === '.npy' ? writeOne(args.out, parts) : writeEach(args.out, chosen, parts);
      const count = parts.reduce((sum, { rows }) => sum + rows.length, 0);
      const seconds = parts.reduce((sum, each) => sum + (each.seconds ?? 0), 0);
      const [first] = parts;
      const { provider: used, device } = first ?? {};
      output.result(
        { files, images: count, seconds, provider: used, device },
        `${counted(count, 'image')} in ${duration(seconds)} on ${used} (${device}): ${files.join(', ')}`,
      );
    } finally {
      close();
    }
  },
});

function writeOne(path: string, parts: readonly Features[]): string[] {
  const [first] = parts;
  if (!first) return [];
  const size = parts.reduce((sum, { data }) => sum + data.length, 0);
  const data = new Float32Array(size);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  const rows = parts.flatMap((part) => part.rows);
  writeFeatures(dirname(path), basename(path, '.npy'), {
    ...first,
    data,
    rows,
    shape: [rows.length, ...first.shape.slice(1)],
  });
  return [resolve(path)];
}

function writeEach(folder: string, splits: readonly string[], parts: readonly Features[]): string[] {
  return parts.map((part, i) => {
    writeFeatures(folder, splits[i] ?? '', part);
    return resolve(folder, `${splits[i]}.npy`);
  });
}

function parseShard(text: string | undefined): { index: number; of: number } {
  if (text === undefined) return { index: 1, of: 1 };
  const [, index = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= of) return { index, of };
  throw new SightlineError(
    'usage',
    `--shard takes I/N, such as 1/4 for the first of four; "${text}" was given.`,
  );
}

function part<Item>(items: readonly Item[], { index, of }: { index: number; of: number }): Item[] {
  const bound = (i: number) => Math.round((items.length * i) / of);
  return items.slice(bound(index - 1), bound(index));
}
