/**
 * Sightline as a library: train a classifier on a folder of images, and use it. Nothing here prints: long work reports
 * by `onEvent` and stops by `signal`. What a function needs is loaded when it is called, so that a configuration that
 * imports `defineConfig` costs nothing.
 */

import type { MergedFeatures } from './dataset/merge-features.ts';

export { SightlineError } from '@sightline/core';
export type { InputRange } from '@sightline/image';
export { type Config, defineConfig, defineExperiment, type Experiment } from './config/config.ts';
export { type DataOverrides, dataOptionsOf } from './config/data-overrides.ts';
export { type InitializedConfig, type InitOptions, initConfig } from './config/init-config.ts';
export { type LoadedConfig, loadConfig } from './config/load-config.ts';
export { chosenExperiments, type Overrides, type Settings, settingsOf } from './config/settings.ts';
export type { CheckDatasetOptions, CheckedDataset } from './dataset/check.ts';
export type { MergedFeatures } from './dataset/merge-features.ts';
export type { Preview, PreviewOptions } from './dataset/preview.ts';
export type { Suspects, SuspectsOptions } from './dataset/suspects.ts';
export type { WriteFeaturesOptions, WrittenFeatures } from './dataset/write-features.ts';
export type { SightlineEvent, WorkOptions } from './events.ts';
export type { Classified, ClassifiedImage, ClassifyOptions } from './model/classify.ts';
export type { EvaluateOptions, ModelEvaluation } from './model/evaluate-model.ts';
export type { ModelHints } from './model/hints.ts';
export type {
  Exported,
  ExportFormat,
  ImageInput,
  Model,
  Prediction,
  Predictions,
} from './model/open-model.ts';
export { type BuiltReport, buildReport, type ReportOptions, serveReport } from './report.ts';
export type { LearningRateFinding, LearningRateOptions } from './training/find-learning-rate.ts';
export type { TrainOptions } from './training/train.ts';
export type { TrainedRun } from './training/train-run.ts';

/**
 * Trains on images and writes a run folder for each experiment.
 *
 * @param source a folder of images, a .zip, or a .csv or .jsonl table; a configuration file, its folder, or a
 *   configuration as a value. Default: `sightline.config.ts` in the working folder
 * @returns the runs, an interrupted one as the last
 * @throws SightlineError where training can't start or go on, or its results can't be written
 */
export const train: typeof import('./training/train.ts').train = async (source, options) =>
  (await import('./training/train.ts')).train(source, options);

/**
 * Opens a trained model: a run folder, a saved model's folder, or a `.keras`, `.h5` or `.onnx` file.
 *
 * @param hints what a model that Sightline did not save leaves open: its classes and its input range
 * @throws SightlineError where there is no model, where it is damaged, or where hints are needed
 */
export const openModel: typeof import('./model/open-model.ts').openModel = async (path, hints) =>
  (await import('./model/open-model.ts')).openModel(path, hints);

/**
 * Classifies images by ImageNet's classes, with a pretrained network: nothing is trained.
 *
 * @param paths images, and folders of them
 * @throws SightlineError where there are no images, or the weights can't be read or downloaded
 */
export const classify: typeof import('./model/classify.ts').classify = async (paths, options) =>
  (await import('./model/classify.ts')).classify(paths, options);

/**
 * Computes a pretrained network's features of all images, and writes them as `.npy`.
 *
 * @throws SightlineError where the images can't be read or the file not be written
 */
export const features: typeof import('./dataset/write-features.ts').features = async (root, options) =>
  (await import('./dataset/write-features.ts')).features(root, options);

/**
 * Merges the `.npy` files of all parts that `features` wrote with `shard`, in any order, into `out`: byte for byte the file
 * that one process writes.
 *
 * @throws SightlineError `missing` where a part is missing, `data` where they are not of one file
 */
export const mergeFeatures = async (
  files: readonly string[],
  options: { readonly out: string },
): Promise<MergedFeatures> => (await import('./dataset/merge-features.ts')).mergeFeatures(files, options);

/**
 * Checks a data set: counts, damaged files, duplicates, the same image in two splits.
 *
 * @throws SightlineError where there is nothing to check, or where the table of good images can't be written
 */
export const checkDataset: typeof import('./dataset/check.ts').checkDataset = async (root, options) =>
  (await import('./dataset/check.ts')).checkDataset(root, options);

/**
 * The images whose label a run doubts, the most doubtful first, and a table of the data set without them.
 *
 * @param run the folder of a run with a logistic network
 * @throws SightlineError where there is no such run, or where the table can't be written
 */
export const suspects: typeof import('./dataset/suspects.ts').suspects = async (run, options) =>
  (await import('./dataset/suspects.ts')).suspects(run, options);

/**
 * Writes images of a data set as one picture, as they are and augmented.
 *
 * @throws SightlineError where the split has no images
 */
export const preview: typeof import('./dataset/preview.ts').preview = async (root, options) =>
  (await import('./dataset/preview.ts')).preview(root, options);

/**
 * The features that an experiment trains on, for a pipeline that computes them as a step of its own: from disk where they
 * are of the same images, else computed and kept.
 *
 * @param source as for `train`
 */
export const experimentFeatures: typeof import('./training/experiment-features.ts').experimentFeatures =
  async (source, options) =>
    (await import('./training/experiment-features.ts')).experimentFeatures(source, options);

/** Opens images with their classes in the order `order`, where they have these; else in their own. */
export const openInOrder: typeof import('./dataset/open-in-order.ts').openInOrder = async (...parameters) =>
  (await import('./dataset/open-in-order.ts')).openInOrder(...parameters);

/**
 * Compares runs: what was set differently, their metrics, and whether they differ by more than chance.
 *
 * @param folders run folders, two or more
 */
export const compare: typeof import('./compare.ts').compare = async (folders) =>
  (await import('./compare.ts')).compare(folders);

/**
 * Finds a learning rate to begin with: trains for some steps at growing rates and reads it from the curve of the loss.
 *
 * @param source as for `train`
 */
export const findLearningRate: typeof import('./training/find-learning-rate.ts').findLearningRate = async (
  source,
  options,
) => (await import('./training/find-learning-rate.ts')).findLearningRate(source, options);
