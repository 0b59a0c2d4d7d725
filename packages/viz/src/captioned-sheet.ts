// A captioned sheet: images of one size in rows, with words below each, as one picture that needs no page around it.

import { SightlineError } from '@sightline/core';
import type { Image } from '@sightline/image';
import { ADVANCE, GLYPH_HEIGHT, GLYPH_WIDTH, glyphsOf, LINE_HEIGHT, wrapText } from './bitmap-font.ts';

export interface CaptionedTile {
  /** RGB pixels, of the same size in all tiles. */
  readonly image: { readonly data: Uint8Array; readonly width: number; readonly height: number };
  /** Below the image, dark. */
  readonly title: string;
  /** Below the title, paler. */
  readonly detail?: string;
}

export interface CaptionedSheetOptions {
  /** Tiles in a row. */
  readonly columns: number;
  /** Tiles that belong together have less space between them: so many in a row. Default: 1. */
  readonly group?: number;
}

/** Tiles smaller than this are enlarged, pixel by pixel. */
const LEAST_WIDTH = 176;
const TEXT_SCALE = 2;
const GAP = 12;
const GROUP_GAP = 36;
const PADDING = 24;
const PAPER = [251, 250, 247] as const;
const INK = [28, 31, 34] as const;
const MUTED = [93, 99, 105] as const;

/** Draws the sheet. Throws SightlineError where there are no tiles, or tiles of several sizes. */
export function captionedSheet(
  tiles: readonly CaptionedTile[],
  { columns, group = 1 }: CaptionedSheetOptions,
): Image {
  const [first] = tiles;
  if (first === undefined)
    throw new SightlineError('empty', 'A sheet needs at least one image, and none came.');
  const { width, height } = first.image;
  if (tiles.some(({ image }) => image.width !== width || image.height !== height)) {
    throw new SightlineError(
      'shape',
      `All images of a sheet must have ${width} x ${height} pixels, as its first has.`,
    );
  }
  if (!Number.isInteger(columns) || columns < 1) {
    throw new SightlineError(
      'option',
      `The columns of a sheet are a whole number of at least 1, not ${columns}.`,
    );
  }
  const scale = Math.max(1, Math.ceil(LEAST_WIDTH / width));
  const [tileWidth, tileHeight] = [width * scale, height * scale];
  const across = Math.floor(tileWidth / (ADVANCE * TEXT_SCALE));
  const words = tiles.map(({ title, detail = '' }) => ({
    title: wrapText(title, across),
    detail: wrapText(detail, across),
  }));
  const rows = Math.ceil(tiles.length / columns);
  const lineHeight = LINE_HEIGHT * TEXT_SCALE;
  const rowHeights = Array.from({ length: rows }, (_, row) => {
    const lines = words
      .slice(row * columns, (row + 1) * columns)
      .map(({ title, detail }) => title.length + detail.length);
    return tileHeight + GAP / 2 + Math.max(...lines) * lineHeight;
  });
  const left = (column: number) =>
    PADDING + column * (tileWidth + GAP) + Math.floor(column / group) * (group > 1 ? GROUP_GAP - GAP : 0);
  const sheetWidth = left(Math.min(columns, tiles.length) - 1) + tileWidth + PADDING;
  const sheetHeight = PADDING * 2 + rowHeights.reduce((sum, high) => sum + high, 0) + GAP * 2 * (rows - 1);
  const data = new Uint8Array(sheetWidth * sheetHeight * 3);
  for (let i = 0; i < data.length; i++) data[i] = PAPER[i % 3]!;
  const sheet = { data, width: sheetWidth, height: sheetHeight, channels: 3 } as const;

  let top = PADDING;
  for (let row = 0; row < rows; row++) {
    for (let i = row * columns; i < Math.min((row + 1) * columns, tiles.length); i++) {
      const x = left(i % columns);
      drawImage(sheet, tiles[i]!.image, x, top, scale);
      let y = top + tileHeight + GAP / 2;
      for (const [lines, color] of [
        [words[i]!.title, INK],
        [words[i]!.detail, MUTED],
      ] as const) {
        for (const line of lines) {
          drawText(sheet, line, x, y, color);
          y += lineHeight;
        }
      }
    }
    top += rowHeights[row]! + GAP * 2;
  }
  return sheet;
}

function drawImage(
  sheet: Image,
  image: CaptionedTile['image'],
  left: number,
  top: number,
  scale: number,
): void {
  for (let y = 0; y < image.height * scale; y++) {
    for (let x = 0; x < image.width * scale; x++) {
      const from = (Math.floor(y / scale) * image.width + Math.floor(x / scale)) * 3;
      const to = ((top + y) * sheet.width + left + x) * 3;
      for (let c = 0; c < 3; c++) sheet.data[to + c] = image.data[from + c]!;
    }
  }
}

function drawText(sheet: Image, text: string, left: number, top: number, color: readonly number[]): void {
  glyphsOf(text).forEach((columns, at) => {
    for (let x = 0; x < GLYPH_WIDTH * TEXT_SCALE; x++) {
      const bits = columns[Math.floor(x / TEXT_SCALE)]!;
      for (let y = 0; y < GLYPH_HEIGHT * TEXT_SCALE; y++) {
        if (((bits >> Math.floor(y / TEXT_SCALE)) & 1) === 0) continue;
        const to = ((top + y) * sheet.width + left + at * ADVANCE * TEXT_SCALE + x) * 3;
        for (let c = 0; c < 3; c++) sheet.data[to + c] = color[c]!;
      }
    }
  });
}
