// A network that is loaded: its answers, and the training images that are most like a photograph.

import { type LoadOptions, load, type Prediction } from '@sightline/predict';
import type { Neighbors, Trial } from '../../src/report/trial.ts';

export interface Neighbor {
  src: string;
  label: string;
  /** The cosine of the angle between the two images' features, at most 1. */
  likeness: number;
}

export interface Answer {
  prediction: Prediction;
  /** The most alike first. */
  neighbors: Neighbor[];
  milliseconds: number;
}

export interface Network {
  answer(photo: Blob): Promise<Answer>;
}

/** Training images that are shown. */
const NEAREST = 6;

export async function loadNetwork(
  trial: Trial,
  bytes: Uint8Array,
  options: LoadOptions,
  address: (src: string) => string,
): Promise<Network> {
  const model = await load(bytes, options);
  const nearest = trial.neighbors === null ? () => [] : await loadNeighbors(trial.neighbors, address);
  return {
    async answer(photo) {
      const began = performance.now();
      const prediction = await model.predict(photo, { threshold: trial.threshold ?? 1 });
      const milliseconds = performance.now() - began;
      return { prediction, milliseconds, neighbors: prediction.features ? nearest(prediction.features) : [] };
    },
  };
}

async function loadNeighbors(
  src: string,
  address: (src: string) => string,
): Promise<(features: Float32Array) => Neighbor[]> {
  const { columns, images, features } = (await (await fetch(address(src))).json()) as Neighbors;
  const rows = new Uint8Array(await (await fetch(address(features))).arrayBuffer());
  return (wanted) =>
    images
      .map((image, i) => ({
        ...image,
        likeness: cosine(wanted, rows.subarray(i * columns, (i + 1) * columns)),
      }))
      .sort((a, b) => b.likeness - a.likeness)
      .slice(0, NEAREST);
}

/** Of features and a row of bytes that stand for numbers 128 below them. */
function cosine(features: Float32Array, row: Uint8Array): number {
  let [product, own, other] = [0, 0, 0];
  for (const [i, byte] of row.entries()) {
    const value = byte - 128;
    product += features[i]! * value;
    own += features[i]! ** 2;
    other += value ** 2;
  }
  return product / (Math.sqrt(own * other) || 1);
}
