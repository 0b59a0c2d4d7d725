/** What is kept of images while their features are computed, so that the pictures of the report need not read them again. */

import type { Backbone } from '@sightline/backbone';
import { type Dataset, type RgbImage, type Sample, type SplitName, samplesOf } from '@sightline/data';
import type { ThumbnailRow } from '@sightline/runs';
import { lastBlockWithPlaces } from './activation-maps.ts';
import { mapTile } from './feature-map.ts';
import { type KeptThumbnails, likelyThumbnails, thumbnailKey, thumbnailRow } from './thumbnails.ts';

/** Bytes of activations that are kept: those of some 500 images of EfficientNet-Lite0 at 224x224. */
const MOST_BYTES = 1 << 27;

export class SeenImages {
  /** The earlier ones and those of the images seen, by their keys. */
  readonly thumbnails: Map<string, ThumbnailRow>;
  /** Pictures of the map, RGB (side, side, 3), by the hash of the image. */
  readonly tiles = new Map<string, Uint8Array>();
  /** Outputs of `block`, (height, width, channels), by the hash of the image. */
  readonly activations = new Map<string, Float32Array>();
  /** The block before the mean over places; undefined if the features have places themselves, or no block is known. */
  readonly block: string | undefined;
  readonly #dataset: Dataset;
  readonly #likely: ReadonlyMap<string, SplitName>;
  readonly #validation: ReadonlySet<string>;
  #bytes = 0;

  constructor(dataset: Dataset, backbone: Backbone, earlier: KeptThumbnails) {
    this.#dataset = dataset;
    this.thumbnails = new Map(earlier);
    const block = lastBlockWithPlaces(backbone);
    this.block = block === backbone.table().at(-1)?.block ? undefined : block;
    this.#likely = new Map(likelyThumbnails(dataset).map(({ sample, split }) => [sample.hash, split]));
    this.#validation = new Set(samplesOf(dataset, 'validation').map(({ hash }) => hash));
  }

  /** Makes small pictures of an image that is likely to be shown. */
  readonly onDecoded = async (sample: Sample, image: RgbImage): Promise<void> => {
    const split = this.#likely.get(sample.hash);
    if (split === undefined) return;
    if (split === 'validation') this.tiles.set(sample.hash, mapTile(image));
    const key = thumbnailKey(sample);
    if (this.thumbnails.has(key)) return;
    this.thumbnails.set(key, await thumbnailRow(this.#dataset, { sample, split }, image));
  };

  /** Whether activations are kept of a sample: some of the validation images will be mistakes, whose activation maps are shown. */
  readonly wantsBlocks = ({ hash }: Sample): boolean =>
    this.block !== undefined && this.#bytes < MOST_BYTES && this.#validation.has(hash);

  readonly onBlocks = (samples: readonly Sample[], [outputs]: readonly Float32Array[]): void => {
    if (!outputs) return;
    const size = outputs.length / samples.length;
    samples.forEach((sample, i) => {
      if (!this.wantsBlocks(sample)) return;
      this.activations.set(sample.hash, outputs.slice(i * size, (i + 1) * size));
      this.#bytes += size * Float32Array.BYTES_PER_ELEMENT;
    });
  };
}
