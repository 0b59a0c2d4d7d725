/** What the readers of weights files have in common: what they read, and what they return. */

import type { ConvolutionLayer, Preprocessing, StoredTensor } from '@sightline/backbone';
import { isSightlineError, reasonOf, SightlineError } from '@sightline/core';
import { regularFile } from '@sightline/core/files';
import type { DenseLayer } from '../architecture.ts';

/** The layers to read. */
export interface Wanted {
  readonly convolutions: readonly ConvolutionLayer[];
  /** None where only features are wanted: the top's 500 MB are then not read. */
  readonly dense: readonly DenseLayer[];
}

/** How the numbers of dense layers lie. */
export interface DenseLayout {
  /** The order in which the features are flattened before the first of them. */
  readonly flatten: 'NHWC' | 'NCHW';
  /** Whether a kernel is (inputs, units) or (units, inputs). */
  readonly kernel: 'IO' | 'OI';
}

export interface Weights {
  /**
   * `block1_conv1.weight` (OIHW, channels RGB) and `.bias` … `block5_conv3.bias`; `head.weight` and `head.bias`, or
   * `fc1.weight` … `predictions.bias`, with the top that was asked for.
   */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What was done to the images that they were trained on. */
  readonly preprocessing: Preprocessing;
  /** Given with `fc1` … `predictions`. */
  readonly dense?: DenseLayout;
  /** Where they came from, in words for a run's record. */
  readonly origin: string;
}

/** Reads a file's layers; throws SightlineError `weights` where one is missing or of another shape. */
export type ReadWeights = (path: string, wanted: Wanted) => Promise<Weights>;

const words = (dtype: string, shape: readonly number[]) => `${dtype} [${shape.join(', ')}]`;

/** Throws SightlineError `weights` unless an array is there with one of `dtypes` and of the shape that it must have. */
export function checkArray(
  path: string,
  name: string,
  found: { readonly dtype: string; readonly shape: readonly number[] } | undefined,
  dtypes: readonly string[],
  shape: readonly number[],
): void {
  if (found && dtypes.includes(found.dtype) && found.shape.join() === shape.join()) return;
  const came = found ? words(found.dtype, found.shape) : 'not there';
  throw new SightlineError(
    'weights',
    `${path} must hold ${name} as ${words(dtypes.join(' or '), shape)}, but it is ${came}.`,
  );
}

/** Throws SightlineError where there is no regular file: devices and pipes may never end or never begin. */
export function checkFile(path: string): void {
  try {
    regularFile(path, "VGG16's weights");
  } catch (cause) {
    throw isSightlineError(cause) ? cause : unreadable(path, cause);
  }
}

/** The error for a file that cannot be opened or read. */
export function unreadable(path: string, cause: unknown): SightlineError {
  const message = `VGG16's weights cannot be read from ${path}: ${reasonOf(cause)}.`;
  return new SightlineError('weights', message, { cause });
}
