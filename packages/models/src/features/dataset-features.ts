// A pretrained network's features of a data set's images: those that are kept are read, the others computed, while the
// next images are decoded.

import type { OpenBackbone } from '@sightline/backbone';
import {
  type Dataset,
  type DecodeBatchOptions,
  decodeBatches,
  type ResizeOptions,
  type Sample,
} from '@sightline/data';
import type { FeatureStore } from '@sightline/runs';

export interface FeatureOptions {
  readonly resize: Required<ResizeOptions>;
  /** Where features are kept; `columns` of its source are those of the backbone. */
  readonly store: FeatureStore;
  /** Opens the network; called only if there is something to compute. Whoever opens it releases it. */
  readonly open: () => Promise<Pick<OpenBackbone, 'features'> & Partial<Pick<OpenBackbone, 'activations'>>>;
  readonly signal?: AbortSignal;
  /** Called with how many of the images that have to be computed are done. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Whether the outputs of the blocks that the network was opened with are wanted of a sample that is computed. */
  readonly wantsBlocks?: (sample: Sample) => boolean;
  /** Called with them, for each batch with such a sample. */
  readonly onBlocks?: (samples: readonly Sample[], blocks: readonly Float32Array[]) => void;
  /** See `decodeBatches`. */
  readonly onDecoded?: DecodeBatchOptions<Sample>['onDecoded'];
}

export interface DatasetFeatures {
  /** (samples, columns), in the order of the samples. */
  readonly features: Float32Array;
  /** How many images were computed; the others were kept. */
  readonly computed: number;
}

/** Rows that a killed process may lose. */
const UNSAVED = 1024;

/**
 * The features of samples of a data set.
 *
 * @throws SightlineError `unreadable-image` that names all files that cannot be decoded; the signal's reason if it is
 *   aborted, after keeping what was computed
 */
export async function datasetFeatures(
  dataset: Dataset,
  samples: readonly Sample[],
  options: FeatureOptions,
): Promise<DatasetFeatures> {
  const { store } = options;
  const known = new Map<string, Float32Array>();
  const missing = new Map<string, Sample>();
  for (const sample of samples) {
    if (known.has(sample.hash) || missing.has(sample.hash)) continue;
    const row = store.get(sample.hash);
    if (row) known.set(sample.hash, row);
    else missing.set(sample.hash, sample);
  }
  await compute(dataset, [...missing.values()], options, known);
  const features = new Float32Array(samples.length * store.columns);
  samples.forEach((sample, i) => {
    features.set(known.get(sample.hash)!, i * store.columns);
  });
  return { features, computed: missing.size };
}

/** Computes samples batch by batch, into `known` and the store. */
async function compute(
  dataset: Dataset,
  samples: readonly Sample[],
  { resize, store, open, signal, onProgress, wantsBlocks, onBlocks, onDecoded }: FeatureOptions,
  known: Map<string, Float32Array>,
): Promise<void> {
  if (samples.length === 0) return;
  const total = samples.length;
  onProgress?.({ done: 0, total });
  let unsaved: [digest: string, row: Float32Array][] = [];
  const save = () => {
    const rows = new Float32Array(unsaved.length * store.columns);
    unsaved.forEach(([, row], i) => {
      rows.set(row, i * store.columns);
    });
    store.add(
      unsaved.map(([digest]) => digest),
      rows,
    );
    unsaved = [];
  };
  const stopping = signal ? { signal } : {};
  const decoding = { ...resize, ...stopping, ...(onDecoded ? { onDecoded } : {}) };
  // While the first images are decoded; a failure is met where it is waited for.
  const opening = open();
  opening.catch(() => {});
  let done = 0;
  try {
    for await (const { items, pixels } of decodeBatches(dataset, samples, decoding)) {
      const network = await opening;
      const isWanted = wantsBlocks && items.some(wantsBlocks);
      const found = isWanted ? await network.activations?.(pixels, items.length, stopping) : undefined;
      if (found) onBlocks?.(items, found.blocks);
      const features = found?.features ?? (await network.features(pixels, items.length, stopping));
      items.forEach(({ hash }, i) => {
        const row = features.subarray(i * store.columns, (i + 1) * store.columns);
        known.set(hash, row);
        unsaved.push([hash, row]);
      });
      if (unsaved.length >= UNSAVED) save();
      done += items.length;
      onProgress?.({ done, total });
    }
  } finally {
    save();
  }
}
