/** The map of a run's validation images: `artifacts/map.json` and `map.jpg`. */

import { type Dataset, encodeJpeg, loadImages } from '@sightline/data';
import { type RgbImage, resizeImage } from '@sightline/image';
import { type FeatureMap, featureMapAside } from '@sightline/models';
import { type MapRecord, type RunWriter, readRun } from '@sightline/runs';
import { imageSheet } from '@sightline/viz';

/** Goes up with each change of what is written: see earlier-artifacts. */
export const FEATURE_MAP_VERSION = 1;

/** Images on the map: more would hide each other, and take long to lay out. */
const MOST = 1500;
/** Pixels of a picture's side: sharp at half as many on a screen of two device pixels each. */
const SIDE = 40;
const TILE = { size: [SIDE, SIDE], interpolation: 'area', fit: 'crop' } as const;
const COLUMNS = 40;

/** An image as a picture of the map, RGB (side, side, 3), which stays where the image's memory is given back. */
export function mapTile(image: RgbImage): Uint8Array {
  const { data } = resizeImage(image, TILE.size, TILE);
  return data === image.data ? data.slice() : data;
}

/** Where the images of a map lie, and in how many features they were compared. */
export interface LaidOut extends FeatureMap {
  readonly columns: number;
}

/**
 * Begins to lay out the images of a map, on a thread of its own.
 *
 * @param features those of all validation images, (images, columns)
 */
export async function layOut(features: Float32Array, columns: number, signal: AbortSignal): Promise<LaidOut> {
  const rows = mappedRows(features.length / columns);
  const chosen = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => {
    chosen.set(features.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return { ...(await featureMapAside(chosen, columns, signal)), columns };
}

/** The rows of so many validation images that a map shows: all, or an even choice. */
function mappedRows(images: number): number[] {
  const count = Math.min(images, MOST);
  return Array.from({ length: count }, (_, i) => Math.floor((i * images) / count));
}

/**
 * Writes the map.
 *
 * @param layOutRows the layout of these rows of the predictions; undefined where the network has no features
 * @param tiles pictures that are made already, by the hash of the image
 */
export async function writeFeatureMap(
  writer: RunWriter,
  dataset: Dataset,
  layOutRows: (rows: readonly number[]) => Promise<LaidOut | undefined>,
  signal: AbortSignal,
  tiles: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<void> {
  const predictions = readRun(writer.dir).predictions();
  const rows = mappedRows(predictions.length);
  if (rows.length < 3) return;
  const laidOut = await layOutRows(rows);
  if (!laidOut) return;
  const { method, points, columns } = laidOut;
  const samples = new Map(dataset.splits.validation.map((sample) => [sample.path, sample]));
  const shown = rows.map((row) => predictions[row]!);
  const validation = shown.map(({ path }) => samples.get(path)!);
  const missing = validation.filter(({ hash }) => !tiles.has(hash));
  const splits = { train: [], validation: missing };
  const loaded = await loadImages({ ...dataset, splits }, 'validation', { ...TILE, signal });
  const filled = Math.ceil(rows.length / COLUMNS) * COLUMNS;
  const bytes = SIDE * SIDE * 3;
  const pixels = new Uint8Array(filled * bytes);
  const places = new Map(
    missing.map((sample, i) => [sample, loaded.data.subarray(i * bytes, (i + 1) * bytes)]),
  );
  validation.forEach((sample, i) => {
    pixels.set(tiles.get(sample.hash) ?? places.get(sample)!, i * bytes);
  });
  const sheet = imageSheet(pixels, [filled, SIDE, SIDE, 3], { columns: COLUMNS });
  const record: MapRecord = {
    tile: sheet.tile,
    columns: sheet.columns,
    method,
    features: columns,
    items: shown.map(({ path, label, predicted }, i) => ({
      ...{ path, label, predicted },
      x: rounded(points[2 * i]!),
      y: rounded(points[2 * i + 1]!),
    })),
  };
  writer.writeArtifact('map.jpg', await encodeJpeg({ ...sheet, data: Uint8Array.from(sheet.data) }));
  writer.writeArtifact('map.json', record);
}

/** A thousandth of the map's width is less than a pixel of any screen. */
const rounded = (value: number): number => Math.round(value * 1000) / 1000;
