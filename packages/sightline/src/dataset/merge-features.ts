/** Parts of a data set's features (`features` with `shard`) as the one file that a single process would have written. */

import { basename, dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { counted, listed, SightlineError } from '@sightline/core';
import { type Features, openNpyWriter, readFeatures, writeFeatureRows } from '@sightline/runs';

export interface MergedFeatures {
  readonly file: string;
  readonly images: number;
  readonly parts: number;
  /** The network that made them, and the size it had of each image: height, width. */
  readonly backbone?: string | undefined;
  readonly imageSize?: readonly [number, number] | undefined;
}

/** What parts of one file have in common. */
const SHARED = ['dataHash', 'backbone', 'weights', 'classes', 'resize'] as const;

/**
 * Merges the `.npy` files of all parts, in any order, into `out`, byte for byte what `features` without `shard` writes.
 *
 * @throws SightlineError `missing` where a part is missing or is there twice, `data` where they are of different data, networks
 *   or sizes, and nothing is written
 */
export function mergeFeatures(files: readonly string[], { out }: { readonly out: string }): MergedFeatures {
  const path = resolve(out);
  const [first, ...others] = sorted(files);
  for (const { file, features } of others) {
    const different = SHARED.find((field) => !isDeepStrictEqual(features[field], first!.features[field]));
    if (different === undefined) continue;
    throw new SightlineError(
      'data',
      `${first!.file} and ${file} are not of one file: their ${different} differ. Compute them with the same data and options.`,
    );
  }
  const { shard: _, seconds: __, ...record } = rowsOf(first!.features);
  const parts = [first!, ...others];
  const rows = parts.flatMap(({ features }) => features.rows);
  const seconds = parts.reduce((sum, { features }) => sum + (features.seconds ?? 0), 0);
  const writer = openNpyWriter(path, [rows.length, ...first!.features.shape.slice(1)]);
  try {
    for (const { features } of parts) writer.append(features.data);
    writer.finish();
  } finally {
    writer.abandon();
  }
  writeFeatureRows(dirname(path), basename(path, '.npy'), { ...record, seconds, rows });
  const { backbone, resize } = record;
  return { file: path, images: rows.length, parts: parts.length, backbone, imageSize: resize?.size };
}

function rowsOf({ data: _, shape: __, ...rows }: Features) {
  return rows;
}

interface Part {
  readonly file: string;
  readonly features: Features;
}

/** The parts in their order, each of them once. */
function sorted(files: readonly string[]): Part[] {
  const parts = files.map((file) => ({
    file,
    features: readFeatures(dirname(file), basename(file, '.npy')),
  }));
  const of = parts[0]?.features.shard?.of ?? 1;
  const bySize = parts.find(({ features }) => (features.shard?.of ?? 1) !== of);
  if (bySize) {
    throw new SightlineError('data', `${parts[0]!.file} and ${bySize.file} are parts of different counts.`);
  }
  const indexes = Array.from({ length: of }, (_, i) => i + 1);
  const found = (index: number) => parts.filter(({ features }) => (features.shard?.index ?? 1) === index);
  const wrong = indexes.filter((index) => found(index).length !== 1);
  if (wrong.length > 0 || parts.length !== of) {
    const which = listed(wrong.map((index) => `${index}/${of}`));
    throw new SightlineError(
      'missing',
      `Expected each of ${counted(of, 'part')} once, but got ${counted(files.length, 'file')}${which ? `: ${which} is missing or there more than once` : ''}.`,
    );
  }
  return indexes.flatMap(found);
}
