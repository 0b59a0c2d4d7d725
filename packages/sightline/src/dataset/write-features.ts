/** Features of a data set as `.npy` files. */

import { basename, dirname, extname, resolve } from 'node:path';
import { openDataset, SPLIT_NAMES, samplesOf } from '@sightline/data';
import type { BackboneName } from '@sightline/models';
import { type Features, writeFeatures } from '@sightline/runs';
import { type WorkOptions, workOf } from '../events.ts';
import { computeFeatures, type FeatureOptions } from './features.ts';

export interface WriteFeaturesOptions extends FeatureOptions, WorkOptions {
  /** A `.npy` file for all images, or a folder for one file per split. */
  readonly out: string;
  /** The backbone by its name. Default: vgg16. */
  readonly backbone?: BackboneName | undefined;
  /** Height and width of the images. Default: 64x64. */
  readonly imageSize?: readonly [height: number, width: number] | undefined;
  /** Only the `index`-th, from 1, of so many equal parts of each split. */
  readonly shard?: { readonly index: number; readonly of: number } | undefined;
}

export interface WrittenFeatures {
  readonly files: readonly string[];
  readonly images: number;
  readonly seconds: number;
  readonly provider?: string | undefined;
  readonly device?: string | undefined;
}

/** @see features in the package's index */
export async function features(
  root: string,
  {
    out,
    backbone = 'vgg16',
    imageSize = [64, 64],
    shard = { index: 1, of: 1 },
    signal,
    onEvent,
    ...options
  }: WriteFeaturesOptions,
): Promise<WrittenFeatures> {
  const work = workOf({ signal, onEvent });
  const dataset = await openDataset(root, { signal: work.signal });
  const chosen = SPLIT_NAMES.filter((split) => samplesOf(dataset, split).length > 0);
  const splits = Object.fromEntries(chosen.map((split) => [split, part(samplesOf(dataset, split), shard)]));
  const resize = { size: imageSize, interpolation: 'nearest', fit: 'stretch' } as const;
  const parts = await computeFeatures(
    { ...dataset, splits: { train: [], validation: [], ...splits } },
    chosen,
    { ...options, backbone, resize },
    work,
  );
  const [first] = parts;
  return {
    files: extname(out) === '.npy' ? writeOne(out, parts) : writeEach(out, chosen, parts),
    images: parts.reduce((sum, { rows }) => sum + rows.length, 0),
    seconds: parts.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
    provider: first?.provider,
    device: first?.device,
  };
}

function writeOne(path: string, parts: readonly Features[]): string[] {
  const [first] = parts;
  if (!first) return [];
  const data = new Float32Array(parts.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  const rows = parts.flatMap((part) => part.rows);
  const shape = [rows.length, ...first.shape.slice(1)];
  writeFeatures(dirname(path), basename(path, '.npy'), { ...first, data, rows, shape });
  return [resolve(path)];
}

function writeEach(folder: string, splits: readonly string[], parts: readonly Features[]): string[] {
  return parts.map((part, i) => {
    writeFeatures(folder, splits[i] ?? '', part);
    return resolve(folder, `${splits[i]}.npy`);
  });
}

function part<Item>(items: readonly Item[], { index, of }: { index: number; of: number }): Item[] {
  const bound = (i: number) => Math.round((items.length * i) / of);
  return items.slice(bound(index - 1), bound(index));
}
