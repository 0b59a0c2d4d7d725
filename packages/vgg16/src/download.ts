/** Keras' own VGG16 weights with the classifier of ImageNet's 1,000 classes: too large to come with the package. */

import { basename, join } from 'node:path';
import { type DownloadOptions, download, type RemoteFile } from '@sightline/backbone';
import { cacheFolder } from '@sightline/core/files';

/** Source of address and hash: keras/src/applications/vgg16.py. */
const KERAS: RemoteFile = {
  url: 'https://storage.googleapis.com/tensorflow/keras-applications/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5',
  bytes: 553_467_096,
  hash: { algorithm: 'md5', hex: '64373286793e3c8b2b4e3219cbf3544b' },
};

/**
 * The path of the file in the cache, downloaded (553 MB) unless it is there: for `loadVgg16({ weights, top: 'imagenet' })`.
 *
 * @throws SightlineError `download`
 */
export const downloadVgg16Weights = (options?: DownloadOptions): Promise<string> =>
  download(KERAS, join(cacheFolder(), 'weights', basename(KERAS.url)), options);
