// Images to batches: folders of photographs, fast decoding, caching and augmentation as Keras does it.

export { type ErrorCode, SightlineError } from '@sightline/core';
export {
  FILL_MODES,
  FITS,
  type FillMode,
  type Fit,
  INTERPOLATIONS,
  type Interpolation,
  type ResizeOptions,
  type RgbImage,
} from '@sightline/image';
export { applyAugmentation, describeAugmentation, sampleAugmentation } from './augment/augmentation.ts';
export {
  type AugmentationOptions,
  type AugmentationParameters,
  type AugmentationSettings,
  augmentationSchema,
  augmentationSettings,
  OPERATIONS,
} from './augment/operations.ts';
export { type FeatureStatistics, featureStatistics, type Samplewise } from './augment/standardize.ts';
export { arraySource, type LabelledArray } from './batch/array-source.ts';
export type { Batch, BatchOptions, BatchSource, SourceOptions } from './batch/batch-source.ts';
export { type ImageSourceOptions, imageSource } from './batch/image-source.ts';
export { type CheckOptions, checkDataset } from './check/check-dataset.ts';
export { type CheckedPicture, checkPictures } from './check/check-pictures.ts';
export { type CleanList, cleanList, type LeftOut } from './check/clean-list.ts';
export type { CheckedImage, CheckReport } from './check/report.ts';
export {
  countByClass,
  type Dataset,
  datasetHash,
  type Sample,
  SPLIT_NAMES,
  type SplitName,
  type Splits,
  samplesOf,
} from './dataset/dataset.ts';
export { FINDINGS, type Finding, type FindingKind, isOfFolders, type Severity } from './dataset/findings.ts';
export { type DatasetLock, readLock, verifyLock, writeLock } from './dataset/lock.ts';
export { assertTrainable, type OpenOptions, openDataset } from './dataset/open-dataset.ts';
export type { OutlineOptions } from './dataset/outline.ts';
export { SERIES_GROUP } from './dataset/outline-findings.ts';
export { SPRITES_FILE } from './dataset/sprite-tree.ts';
export { formatTable, readTable, type TableColumns, type TableRow } from './dataset/table.ts';
export { decodeImage, decodeRgb } from './decode/decode-image.ts';
export { type ImageFormat, type ImageHeader, sniffImage } from './decode/sniff.ts';
export { openSprite, type Sprite } from './decode/sprite.ts';
export { encodeJpeg, type Thumbnail, thumbnail, thumbnailOf } from './decode/thumbnail.ts';
export { type FileFailure, readTogether, unreadableImages } from './files/failures.ts';
export { listImages } from './files/list-images.ts';
export { type AugmentedTile, augmentedTiles, type SampleTile, sampleTiles } from './grid/tiles.ts';
export {
  type DecodeBatchOptions,
  type DecodedBatch,
  decodeBatches,
} from './images/decode-batches.ts';
export { type ImageRows, type ImageSet, imageAt, type StoredImages } from './images/image-set.ts';
export { DECODER_VERSION, type LoadOptions, loadImages, openImages } from './images/load-images.ts';
export { type Random, randomFor, shuffled } from './random/random.ts';
