/** Fine-tunes the backbone of a transfer run on the images of its data set. */

import type { Backbone } from '@sightline/backbone';
import { decimal } from '@sightline/core';
import { type Dataset, imageSource, loadImages, type SplitName, samplesOf } from '@sightline/data';
import {
  type DenseHead,
  evaluateTuned,
  type FineTuneProgress,
  fineTune,
  fineTuneEpochs,
  type MeasuredFineTune,
  selectEngine,
} from '@sightline/models';
import type { Settings } from '../config/settings.ts';
import type { Work } from '../events.ts';

/** @throws SightlineError where images cannot be read; the signal's reason if it is aborted before training */
export async function fineTuneHead(
  dataset: Dataset,
  backbone: Backbone,
  head: DenseHead,
  { name, experiment, resize, seed, engine }: Settings,
  { signal, emit }: Work,
  progress: FineTuneProgress,
): Promise<MeasuredFineTune> {
  const settings = experiment.fineTune!;
  const { batchSize, augmentation } = settings;
  const epochs = settings.epochs ?? fineTuneEpochs(samplesOf(dataset, 'train').length, batchSize);
  const source = async (split: SplitName) => {
    const images = await loadImages(dataset, split, { ...resize, signal });
    const isTrain = split === 'train';
    // Backbones take pixel values as they are.
    const options = { batchSize, seed, rescale: 1, shuffle: isTrain };
    return imageSource(images, { ...options, augmentation: isTrain ? augmentation : null });
  };
  const [train, validation] = [await source('train'), await source('validation')];
  const trainer = await selectEngine(engine);
  const tuned = await fineTune(
    { train, validation },
    {
      engine: trainer,
      backbone,
      head,
      imageSize: resize.size,
      settings: {
        ...settings,
        epochs,
        classWeights: experiment.classWeights,
        isAugmented: augmentation !== null,
      },
      seed,
      signal,
      onStep: (progress) => emit({ event: 'step', run: name, ...progress }),
      ...progress,
      onEpoch(record) {
        progress.onEpoch(record);
        emit({ event: 'epoch', run: name, epochs, ...record });
      },
    },
  );
  if (tuned.training.status === 'interrupted') return tuned;
  const { before, after, isKept } = tuned;
  const accuracy = `the accuracy from ${decimal(before.accuracy)} to ${decimal(after.accuracy)}`;
  // As many images right: the loss decides.
  const loss = `, the loss from ${decimal(before.loss)} to ${decimal(after.loss)},`;
  const change = `${accuracy}${before.accuracy === after.accuracy ? loss : ''} on validation`;
  const kept = isKept ? 'kept' : 'not kept: the classifier on the pretrained features stays';
  emit({ event: 'note', message: `Fine-tuning took ${change}: ${kept}.` });
  if (!tuned.isKept || samplesOf(dataset, 'test').length === 0) return tuned;
  const options = { engine: trainer, backbone, imageSize: resize.size, signal };
  return { ...tuned, test: await evaluateTuned(tuned, await source('test'), options) };
}
