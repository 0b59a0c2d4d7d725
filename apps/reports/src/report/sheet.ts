// Image grids that a run or a data check kept: one PNG of equal tiles, with a record of what each tile shows.

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { readRegularFile } from '@sightline/core/files';
import { pngSize } from '@sightline/viz';
import type { Assets } from './assets.ts';

export interface Picture {
  /** The address from the site's root. */
  src: string;
  width: number;
  height: number;
}

/** One image of a sheet: where it lies in the picture (column and row), and what there is to say about it. */
export interface Tile {
  column: number;
  row: number;
  alt: string;
  caption: string;
  /** A second, smaller line. */
  detail: string;
}

/** A picture of equal tiles, row by row. */
export interface Sheet {
  src: string;
  columns: number;
  rows: number;
  /** Width of a tile divided by its height. */
  aspect: number;
  tiles: Tile[];
}

/** The record of a sheet: tile height and width in pixels, and an item per tile. */
export interface SheetRecord<Item> {
  tile: [number, number];
  columns: number;
  items: Item[];
}

/**
 * The tiles of a sheet, described one by one.
 * @throws SightlineError `broken` where the picture is missing, cut short, or does not fit its record
 */
export function toSheet<Item>(
  picture: Picture & { name: string },
  record: SheetRecord<Item>,
  describe: (item: Item, index: number) => Pick<Tile, 'alt' | 'caption' | 'detail'>,
): Sheet {
  const { items } = record;
  const [height, width] = record.tile;
  const columns = Math.min(record.columns, Math.round(picture.width / width));
  const rows = Math.round(picture.height / height);
  const fits = picture.width === columns * width && picture.height === rows * height;
  if (!fits || columns * rows < items.length) {
    throw new SightlineError(
      'broken',
      `${picture.name} is ${picture.width} × ${picture.height} pixels, which does not fit ${items.length} tiles of ${width} × ${height} in ${record.columns} columns.`,
    );
  }
  return {
    src: picture.src,
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

/** Takes a PNG into the site. @throws SightlineError `broken` where it is missing or not whole */
export function addPng(
  folder: string,
  name: string,
  slug: string,
  assets: Assets,
): Picture & { name: string } {
  // The name may come from a file: it must not lead out of the folder.
  const file = basename(name);
  const path = join(folder, file);
  if (!existsSync(path)) throw new SightlineError('broken', `The picture ${file} is missing.`);
  const bytes = readRegularFile(path, 'the picture');
  const size = pngSize(bytes);
  if (!size) throw new SightlineError('broken', `The picture ${file} is not a whole PNG file.`);
  return { name: file, src: assets.add(slug, file, bytes), ...size };
}
