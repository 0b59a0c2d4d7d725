// What the page that tries a network needs of a run: the model, when to trust it, and the training images to compare
// with.

import { encodeModel, readUntrusted, withFeatures } from '@sightline/onnx';
import { trainFeaturesSchema } from '@sightline/runs';
import type { Answer, ReportRun } from './report-run.ts';

/** A run as the page's script gets it. Addresses are from the site's root. */
export interface Trial {
  slug: string;
  name: string;
  model: string;
  bytes: number;
  /** Below this probability the answer is "not sure"; null where no probability can be trusted. */
  threshold: number | null;
  /** Where the training images are described. */
  neighbors: string | null;
}

/** The training images of a run, as a file that the script asks for. */
export interface Neighbors {
  columns: number;
  /** In the order of the rows of `features`. */
  images: { src: string; label: string }[];
  /** The rows' address: uint8, each number 128 more than what it stands for (see `trainFeaturesSchema`). */
  features: string;
}

/** Where the page's script and ONNX Runtime are, from the site's root. */
export const TRIAL_FOLDER = 'assets/try';

/** By what runs a network: ONNX Runtime's WebAssembly file, its address from the site's root, and its size. */
export type TrialRuntimes = Record<'wasm' | 'webgpu', { src: string; bytes: number }>;

/** How many of the answers above the threshold are right. */
export const TRUSTED = 0.95;
/** Fewer answers than these say nothing about a threshold. */
const ENOUGH_ANSWERS = 10;

/** The least confidence such that at least 95% of the answers of as much or more are right; null where there is none. */
export function thresholdOf(answers: readonly Answer[]): number | null {
  const sorted = answers.toSorted((a, b) => b.confidence - a.confidence);
  let threshold: number | null = null;
  let right = 0;
  for (const [i, { isCorrect, confidence }] of sorted.entries()) {
    if (isCorrect) right++;
    const isLastOfEqual = sorted[i + 1]?.confidence !== confidence;
    if (isLastOfEqual && i + 1 >= ENOUGH_ANSWERS && right / (i + 1) >= TRUSTED) threshold = confidence;
  }
  return threshold;
}

/** Takes a run's model into the site. Null where it has none that takes pixels. */
export function trialOf(run: ReportRun): Trial | null {
  const bytes = run.onnx;
  if (bytes === null) return null;
  // The page gives it to ONNX Runtime, and a run may come from anyone.
  const model = readUntrusted(bytes, `The model.onnx of ${run.name}`);
  if (model.graph.inputs[0]?.dtype !== 'uint8' || model.metadata.classes === undefined) return null;
  const neighbors = neighborsOf(run);
  const withOutput = neighbors && withFeatures(model);
  const shipped = withOutput ? encodeModel(withOutput) : bytes;
  return {
    slug: run.slug,
    name: run.name,
    model: run.file('model.onnx', shipped),
    bytes: shipped.length,
    threshold: thresholdOf(run.answers),
    neighbors: neighbors && withOutput ? run.file('neighbors.json', JSON.stringify(neighbors)) : null,
  };
}

function neighborsOf(run: ReportRun): Neighbors | null {
  const paths = run.artifact('train-features.json', trainFeaturesSchema)?.paths;
  const rows = paths && run.bytes('train-features.npy');
  if (!rows || rows.shape[0] !== paths.length) return null;
  const images = paths.map((path) => run.photographs.get(path));
  if (!images.every((image) => image !== undefined)) return null;
  return {
    columns: rows.shape[1]!,
    images: images.map(({ src, label }) => ({ src, label })),
    features: run.file('neighbors.bin', rows.data),
  };
}
