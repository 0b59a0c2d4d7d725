// The pictures that a check is about, small and whole, for a page that shows them side by side.

import { type RgbImage, resizeSettings } from '@sightline/image';
import { outlineOf } from '../dataset/open-dataset.ts';
import { decodeImage } from '../decode/decode-image.ts';
import type { CheckReport, FindingKind } from './report.ts';

export interface CheckedPicture {
  readonly path: string;
  /** The whole picture in a square, with black beside it where it is oblong. */
  readonly image: RgbImage;
}

export interface PictureOptions {
  /** Pixels of a side: 96 unless given. */
  readonly side?: number;
  /** Findings of each kind whose pictures are wanted: 12 unless given. */
  readonly perKind?: number;
  /** Pictures of each finding: 6 unless given. */
  readonly perFinding?: number;
}

/** Each picture of the first findings of each kind, once, in the order of the findings; none that cannot be read. */
export async function checkPictures(
  { root, findings }: CheckReport,
  { side = 96, perKind = 12, perFinding = 6 }: PictureOptions = {},
): Promise<CheckedPicture[]> {
  const shown = new Map<FindingKind, number>();
  const paths = new Set<string>();
  for (const { kind, paths: all } of findings) {
    const count = shown.get(kind) ?? 0;
    if (count >= perKind || kind === 'unreadable' || kind === 'ignored' || kind === 'layout') continue;
    shown.set(kind, count + 1);
    for (const path of all.slice(0, perFinding)) paths.add(path);
  }
  if (paths.size === 0) return [];
  const { files } = await outlineOf(root);
  const resize = resizeSettings({ size: [side, side], interpolation: 'area', fit: 'pad' });
  const pictures: CheckedPicture[] = [];
  for (const path of paths) {
    // What vanished since the check has no picture; the report names it all the same.
    const image = await files
      .read(path)
      .then((bytes) => decodeImage(bytes, resize))
      .catch(() => undefined);
    if (image !== undefined) pictures.push({ path, image });
  }
  return pictures;
}
