// Pictures that a run kept: PNG files that are copied into the site once they are known to be whole, and sheets of
// equal tiles, each with its words.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pngSize } from '@sightline/viz';
import type { Assets } from './assets.ts';
import type { Sheet, Tile } from './model.ts';

/** A damaged artifact: what is wrong with it, for the notes of a page. */
export class Damaged extends Error {}

/** The tiles of a sheet, described one by one. @throws Damaged where the picture and its record disagree */
export function toSheet<Item extends { path: string }>(
  folder: string,
  image: string,
  slug: string,
  assets: Assets,
  sheet: { tile: [number, number]; columns: number; items: Item[] },
  describe: (item: Item, index: number) => Pick<Tile, 'alt' | 'caption' | 'detail'>,
): Sheet {
  const { tile, items } = sheet;
  const [height, width] = tile;
  const png = addPng(folder, image, slug, assets);
  const columns = Math.min(sheet.columns, Math.round(png.width / width));
  const rows = Math.round(png.height / height);
  if (png.width !== columns * width || png.height !== rows * height || columns * rows < items.length) {
    throw new Damaged(
      `${image} is ${png.width} × ${png.height} pixels, which does not fit ${items.length} tiles of ${width} × ${height} in ${sheet.columns} columns.`,
    );
  }
  return {
    src: png.src,
    columns,
    rows,
    aspect: width / height,
    tiles: items.map((item, i) => ({
      column: i % columns,
      row: Math.trunc(i / columns),
      ...describe(item, i),
    })),
  };
}

/** Takes a PNG of a run's artifacts into the site. @throws Damaged where it is missing or not whole */
export function addPng(folder: string, name: string, slug: string, assets: Assets) {
  // The name comes from a file: it must not lead out of the run's folder.
  const path = join(folder, basename(name));
  if (!existsSync(path)) throw new Damaged(`its picture ${name} is missing.`);
  const bytes = readFileSync(path);
  const size = pngSize(bytes);
  if (!size) throw new Damaged(`its picture ${name} is no whole PNG file.`);
  return { src: assets.add(slug, toFileName(name), bytes), ...size };
}

function toFileName(name: string): string {
  return basename(name).replace(/[^A-Za-z0-9._-]+/g, '-');
}
