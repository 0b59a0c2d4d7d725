// Batches of images: pixel values / 255, augmented, rendered ahead by worker threads.

import { SightlineError } from '@sightline/core';
import { type AugmentationOptions, augmentationSettings } from '../augment/operations.ts';
import { mix } from '../augment/ops/mix.ts';
import { type FeatureStatistics, SAMPLEWISE, type Samplewise } from '../augment/standardize.ts';
import type { ImageSet, StoredImages } from '../images/image-set.ts';
import type { Batch, BatchOptions, BatchSource, SourceOptions } from './batch-source.ts';
import { checkSource, type EpochPlan, planEpoch } from './epoch-plan.ts';
import { Prefetcher } from './prefetcher.ts';
import { mixFor } from './render.ts';
import { createRenderer } from './renderer.ts';

export interface ImageSourceOptions extends SourceOptions {
  readonly augmentation?: AugmentationOptions | null;
  /** What pixel values are multiplied by. Default: 1 / 255. */
  readonly rescale?: number;
  /** Centres and scales each image by its own pixels, after its augmentation. */
  readonly samplewise?: Samplewise;
  /** Centres and scales each channel, after all else but mixing; of the training images for all splits. */
  readonly statistics?: FeatureStatistics;
  /** Threads that render batches; 0 renders them on this one. The batches are the same for any number. */
  readonly workers?: number;
  /** Batches rendered before they are asked for. Default: 3. */
  readonly prefetch?: number;
}

/** A source over decoded images. Throws SightlineError `option` for options that are none, `empty` without images. */
export function imageSource(images: ImageSet | StoredImages, options: ImageSourceOptions): BatchSource {
  checkSource(options);
  const { batchSize, seed } = options;
  const augmentation = options.augmentation ? augmentationSettings(options.augmentation) : null;
  if (options.samplewise !== undefined && !SAMPLEWISE.includes(options.samplewise)) {
    throw new SightlineError(
      'option',
      `samplewise must be one of ${SAMPLEWISE.join(', ')}, not ${options.samplewise}.`,
    );
  }
  const [size, height, width, channels] = images.shape;
  if (size === 0) throw new SightlineError('empty', 'There are no images to make batches of.');
  const rowShape = [height, width, channels];
  const { labels, classes } = images;
  const pixels = 'data' in images ? images.data : images.file;
  const { rescale = 1 / 255, samplewise = null, statistics = null } = options;
  const recipe = { pixels, height, width, seed, augmentation, rescale, samplewise, statistics };
  const renderer = createRenderer(recipe, options.workers, options.prefetch);
  const plan = rememberLast((epoch) => planEpoch(size, epoch, options));
  const rowLength = height * width * channels;
  const idle: Prefetcher[] = [];
  return { size, rowShape, batchSize, labels, classes, batches };

  async function* batches(epoch: number, { signal, from = 0 }: BatchOptions = {}): AsyncGenerator<Batch> {
    const prefetcher = idle.pop() ?? new Prefetcher(renderer, Math.min(batchSize, size), rowLength, plan);
    try {
      for (let batch = from; batch < plan(epoch).batchCount; batch++) {
        signal?.throwIfAborted();
        const { x, rows } = await prefetcher.take(epoch, batch);
        const y = Float32Array.from(rows, (row) => labels[row]!);
        const mixed = mixFor(recipe, epoch, batch);
        const targets = mixed === null ? {} : { targets: mix.targets(y, classes.length, mixed) };
        yield { x, y, ...targets, size: rows.length, shape: [rows.length, ...rowShape], indices: rows };
      }
      prefetcher.endEpoch();
    } finally {
      idle.push(prefetcher);
    }
  }
}

/** Keeps the plans of two epochs: the one under way and the one that is rendered ahead. */
function rememberLast(make: (epoch: number) => EpochPlan): (epoch: number) => EpochPlan {
  const plans = new Map<number, EpochPlan>();
  return (epoch) => {
    const known = plans.get(epoch);
    if (known !== undefined) return known;
    const plan = make(epoch);
    if (plans.size === 2) plans.delete(plans.keys().next().value!);
    plans.set(epoch, plan);
    return plan;
  };
}
