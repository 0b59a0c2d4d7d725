/** Loads weights: the embedded ones, or a file of Keras, ONNX or safetensors, by the end of its name. */

import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import { head200, notop } from '@sightline/vgg16-weights';
import { denseLayersOf, isConvolution, layersOf } from './architecture.ts';
import { readKerasAside } from './source/keras-thread.ts';
import { readOnnxWeights } from './source/onnx.ts';
import { checkArray, checkFile, type ReadWeights, unreadable, type Weights } from './source/source.ts';

/** The classifier on top: none, the linear one of 200 classes, or VGG16's own dense layers for 1,000. */
export type TopName = 'none' | 'head200' | 'imagenet';

const CONVOLUTIONS = layersOf().filter(isConvolution);

const HEAD_SHAPES: [string, number[]][] = [
  ['head.weight', [200, 2048]],
  ['head.bias', [200]],
];

const DTYPE_WORDS = { F16: 'float16', F32: 'float32', U8: 'uint8' } as const;

async function loadSafetensors(path: string, shapes: readonly [name: string, shape: number[]][]) {
  const bytes = await readFile(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  const { tensors, metadata } = readSafetensors(bytes, path);
  for (const [name, shape] of shapes) {
    const found = tensors.get(name);
    const dtype = found && DTYPE_WORDS[found.dtype];
    checkArray(path, name, dtype && { ...found, dtype }, ['float16', 'float32'], shape);
  }
  return { tensors, origin: metadata.origin ?? path };
}

const readSafetensorsWeights: ReadWeights = async (path, { convolutions, dense }) => {
  if (dense.length > 0) {
    throw new SightlineError(
      'weights',
      `${path} holds no top for 1,000 classes: give Keras' vgg16_weights_tf_dim_ordering_tf_kernels.h5 or the ONNX Model Zoo's vgg16-12.onnx.`,
    );
  }
  const shapes = convolutions.flatMap(({ name, filters, channels }): [string, number[]][] => [
    [`${name}.weight`, [filters, channels, 3, 3]],
    [`${name}.bias`, [filters]],
  ]);
  return { ...(await loadSafetensors(path, shapes)), preprocessing: notop.preprocessing };
};

/** By the end of a file's name. Default: safetensors. */
const READERS: Readonly<Record<string, ReadWeights>> = {
  '.h5': readKerasAside,
  '.hdf5': readKerasAside,
  '.onnx': readOnnxWeights,
};

/**
 * The 13 convolutions, and the layers on top of them where they are wanted.
 *
 * @param source 'embedded', or the path of a file: Keras' HDF5 (`.h5`), ONNX (`.onnx`), or safetensors with the names,
 *   shapes and preprocessing of the embedded one
 * @throws SightlineError `weights`
 */
export async function loadWeights(source: string, top: TopName): Promise<Weights> {
  const path = source === 'embedded' ? fileURLToPath(notop.url) : source;
  const read = READERS[extname(path).toLowerCase()] ?? readSafetensorsWeights;
  if (top === 'head200' && read !== readSafetensorsWeights) {
    throw new SightlineError(
      'weights',
      `The head for 200 classes was trained on the embedded weights and does not fit those of ${path}: use top: 'imagenet', or the embedded weights.`,
    );
  }
  const dense = top === 'imagenet' ? denseLayersOf() : [];
  checkFile(path);
  const weights = await read(path, { convolutions: CONVOLUTIONS, dense });
  if (top !== 'head200') return weights;
  const head = await loadSafetensors(fileURLToPath(head200.url), HEAD_SHAPES);
  return { ...weights, tensors: new Map([...weights.tensors, ...head.tensors]) };
}
