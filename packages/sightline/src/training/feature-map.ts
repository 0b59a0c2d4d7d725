/** The map of a run's validation images: `artifacts/map.json` and `map.jpg`. */

import { type Dataset, encodeJpeg, loadImages } from '@sightline/data';
import { featureMap } from '@sightline/models';
import { type MapRecord, type RunWriter, readRun } from '@sightline/runs';
import { imageSheet } from '@sightline/viz';

/** Images on the map: more would hide each other, and take long to lay out. */
const MOST = 1500;
/** Pixels of a picture's side: sharp at half as many on a screen of two device pixels each. */
const SIDE = 40;
const COLUMNS = 40;

/** The rows of so many validation images that a map shows: all, or an even choice. */
function mappedRows(images: number): number[] {
  const count = Math.min(images, MOST);
  return Array.from({ length: count }, (_, i) => Math.floor((i * images) / count));
}

/**
 * Writes the map.
 *
 * @param featuresOf the features of these rows of the predictions, (rows, columns); undefined where there are none
 */
export async function writeFeatureMap(
  writer: RunWriter,
  dataset: Dataset,
  featuresOf: (rows: readonly number[]) => Float32Array | Promise<Float32Array | undefined>,
  signal: AbortSignal,
): Promise<void> {
  const predictions = readRun(writer.dir).predictions();
  const rows = mappedRows(predictions.length);
  if (rows.length < 3) return;
  const features = await featuresOf(rows);
  if (!features) return;
  const samples = new Map(dataset.splits.validation.map((sample) => [sample.path, sample]));
  const shown = rows.map((row) => predictions[row]!);
  const validation = shown.map(({ path }) => samples.get(path)!);
  const columns = features.length / rows.length;
  const { method, points } = await featureMap(features, columns);
  const { data } = await loadImages({ ...dataset, splits: { train: [], validation } }, 'validation', {
    size: [SIDE, SIDE],
    interpolation: 'area',
    fit: 'crop',
    signal,
  });
  const filled = Math.ceil(rows.length / COLUMNS) * COLUMNS;
  const pixels = new Uint8Array(filled * SIDE * SIDE * 3);
  pixels.set(data);
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
