/** A network written as ONNX, and compared with itself on images before anything is written. */
import { loadImages, openDataset, SPLIT_NAMES, samplesOf } from '@sightline/data';
import { checkOnnx, exportOnnx, perClass } from '@sightline/models';
import { writeFileAtomic } from '@sightline/runs';
import { CliError } from '../error.ts';
import { rowsFor, type Trained } from './trained.ts';

/** Enough to meet a wrong resize, a wrong scale and a wrong order of classes. */
const MOST_IMAGES = 32;

export interface CheckedExport {
  readonly images: number;
  /** The largest difference of a probability. */
  readonly difference: number;
}

/**
 * Writes `path`, after ONNX Runtime has given the network's probabilities on images of `root`: of its validation split,
 * if there is one. Without `root` nothing is compared.
 *
 * @throws ModelError `export-differs` where they are others, and nothing is written; CliError `data` where `root` has
 *   no images
 */
export async function writeCheckedOnnx(
  trained: Trained & Required<Pick<Trained, 'model'>>,
  path: string,
  root: string | undefined,
  signal: AbortSignal,
): Promise<CheckedExport | undefined> {
  const bytes = exportOnnx(trained.model, trained.metadata);
  const checked = root === undefined ? undefined : await check(trained, bytes, root, signal);
  writeFileAtomic(path, bytes);
  return checked;
}

async function check(
  { answer, metadata, resize }: Trained,
  bytes: Uint8Array,
  root: string,
  signal: AbortSignal,
): Promise<CheckedExport> {
  const dataset = await openDataset(root, { classes: metadata.classes, signal });
  const split = (['validation', ...SPLIT_NAMES] as const).find((name) => samplesOf(dataset, name).length > 0);
  if (!split) throw new CliError('data', `${root} has no images to check the ONNX file on.`);
  const some = samplesOf(dataset, split).slice(0, MOST_IMAGES);
  const few = { ...dataset, splits: { ...dataset.splits, [split]: some } };
  const images = await loadImages(few, split, { ...resize, signal });
  const { probabilities, units } = await answer(images, signal);
  const rows = await rowsFor(images, metadata, signal);
  const difference = await checkOnnx(bytes, rows.data, rows.shape, perClass(probabilities, units));
  return { images: some.length, difference };
}
