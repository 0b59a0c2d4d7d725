// The pictures that a check is about, small and whole, for a page that shows them side by side.

import { type RgbImage, resizeSettings } from '@sightline/image';
import type { FindingKind } from '../dataset/findings.ts';
import { outlineOf } from '../dataset/outline.ts';
import { decodeImage } from '../decode/decode-image.ts';
import type { CheckReport } from './report.ts';

export interface CheckedPicture {
  readonly path: string;
  /** The whole picture in a square, with black beside it where it is oblong. */
  readonly image: RgbImage;
}

export interface PictureOptions {
  /** Pixels per side. Default: 96. */
  readonly side?: number;
  /** Findings of each kind whose pictures are wanted. Default: 12. */
  readonly perKind?: number;
  /** Pictures per finding. Default: 6. */
  readonly perFinding?: number;
}

/** What these are about is no picture, or one that cannot be shown. */
const WITHOUT_PICTURES: readonly FindingKind[] = ['unreadable', 'unsupported', 'ignored', 'layout'];

/** Each picture of the first findings of each kind, once, in the order of the findings; none that cannot be read. */
export async function checkPictures(
  { root, findings }: CheckReport,
  { side = 96, perKind = 12, perFinding = 6 }: PictureOptions = {},
): Promise<CheckedPicture[]> {
  const counts = new Map<FindingKind, number>();
  const paths = new Set<string>();
  for (const { kind, paths: all } of findings) {
    const count = counts.get(kind) ?? 0;
    if (count >= perKind || WITHOUT_PICTURES.includes(kind)) continue;
    counts.set(kind, count + 1);
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
