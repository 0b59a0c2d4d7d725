// Keras' files: `.keras` (Keras 3: a zip of config.json, metadata.json and model.weights.h5) and `.h5` (the older
// HDF5 file). Both hold the network and its weights, not the optimizer's state. What Sightline adds, the classes and how
// images go in, stands where Keras does not look: in metadata.json, and in an attribute of the HDF5 file.

import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileSize, SightlineError } from '@sightline/core';
import { LARGEST_FILE, readRegularFile, writeFileAtomic } from '@sightline/core/files';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { type Json, type KerasModel, toKeras, withModules } from './keras-config.ts';
import { type KerasContent, readKerasH5, readVariables, writeKerasH5, writeVariables } from './keras-h5.ts';
import { buildKeras, groupNames } from './keras-network.ts';
import { checkMetadata, type ModelMetadata } from './metadata.ts';
import type { Variable } from './stored-layer.ts';
import { withinStored } from './stored-network.ts';

/** The release whose form is written; Keras 3 reads files of older releases. */
const KERAS_VERSION = '3.10.0';
/** Inside the zip: a fixed time, so that the same model gives the same bytes. */
const ZIP_TIME = new Date(Date.UTC(2020, 0, 1));

/**
 * Writes a model for Keras: to a `.keras` file, or to a `.h5` file. Throws SightlineError 'config' for another ending,
 * 'unsupported-layer' for a layer that Keras does not have.
 */
export async function saveKeras(
  model: tfl.LayersModel,
  path: string,
  metadata?: ModelMetadata,
): Promise<void> {
  const keras = toKeras(model);
  const variables = layerVariables(model);
  if (formatOf(path) === '.h5') {
    return writeFileAtomic(path, await writeKerasH5(keras, variables, KERAS_VERSION, metadata));
  }
  const parts = {
    'metadata.json': strToU8(
      JSON.stringify({
        keras_version: KERAS_VERSION,
        date_saved: '2020-01-01@00:00:00',
        ...(metadata ? { sightline: metadata } : {}),
      }),
    ),
    'config.json': strToU8(JSON.stringify(withModules(keras))),
    'model.weights.h5': await writeVariables(variablePaths(keras, variables)),
  };
  writeFileAtomic(path, zipSync(parts, { level: 0, mtime: ZIP_TIME }));
}

/**
 * Reads a Sequential or functional model from a `.keras` or `.h5` file; `metadata` is there when Sightline wrote it.
 * Throws SightlineError 'saved-model' where the
 * file is missing, damaged or without a model, 'unsupported-layer' where TensorFlow.js lacks a layer.
 */
export async function loadKeras(path: string): Promise<{ model: tfl.LayersModel; metadata?: ModelMetadata }> {
  const format = formatOf(path);
  if (!existsSync(path))
    throw new SightlineError('saved-model', `There is no ${path}: name a .keras or .h5 file.`);
  const bytes = readRegularFile(path, 'the model');
  let content: KerasContent;
  try {
    content = await (format === '.h5' ? readKerasH5(path, bytes) : readZip(path, bytes));
  } catch (cause) {
    if (cause instanceof SightlineError) throw cause;
    throw new SightlineError(
      'saved-model',
      `${path} is not a whole ${format} file of Keras: save or copy it again.`,
      { cause },
    );
  }
  const { topology, isKeras2, count, variablesOf, sightline } = content;
  const { model, stored } = withinStored(path, count, () => buildKeras(path, topology, isKeras2));
  const variables = variablesOf(stored);
  for (const entry of stored) setVariables(path, entry.layer, entry.variables(variables.get(entry) ?? []));
  return sightline === undefined ? { model } : { model, metadata: checkMetadata(path, model, sightline) };
}

/** Bytes that a part of a `.keras` file may unpack to: a description, and float32 weights, which deflate to a tenth. */
const LARGEST_PARTS: Readonly<Record<string, (packed: number) => number>> = {
  'config.json': () => 64e6,
  'metadata.json': () => 16e6,
  'model.weights.h5': (packed) => Math.min(LARGEST_FILE, Math.max(64e6, 50 * packed)),
};

async function readZip(path: string, bytes: Uint8Array): Promise<KerasContent> {
  const parts = unzipSync(bytes, {
    filter: ({ name, size, originalSize }) => {
      const most = LARGEST_PARTS[name]?.(size);
      if (most !== undefined && originalSize > most) {
        throw new SightlineError(
          'saved-model',
          `${path}: ${name} would unpack to ${fileSize(originalSize)}, of which at most ${fileSize(most)} are read: the file is damaged.`,
        );
      }
      return most !== undefined;
    },
  });
  const topology = JSON.parse(strFromU8(parts['config.json']!)) as KerasModel;
  const { keras_version: version, sightline } = JSON.parse(
    strFromU8(parts['metadata.json'] ?? strToU8('{}')),
  ) as Json;
  const isKeras2 = typeof version === 'string' && version.startsWith('2');
  return { topology, isKeras2, sightline, ...(await readVariables(parts['model.weights.h5']!)) };
}

function setVariables(path: string, layer: tfl.layers.Layer, variables: readonly Variable[]): void {
  const expected = layer.weights.map((weight) => weight.shape as number[]);
  const fits =
    expected.length === variables.length &&
    expected.every((s, i) => tf.util.arraysEqual(s, variables[i]!.shape));
  if (!fits) {
    const show = (shapes: readonly number[][]) => shapes.map((s) => s.join('x')).join(', ') || 'none';
    throw new SightlineError(
      'saved-model',
      `${path}: the layer ${layer.name} needs weights of ${show(expected)}, but has ${show(variables.map((v) => v.shape))}.`,
    );
  }
  layer.weights.forEach((weight, i) => {
    const tensor = tf.tensor(variables[i]!.data, variables[i]!.shape);
    weight.write(tensor);
    tensor.dispose();
  });
}

/** Each layer's variables in Keras' order, by the layer's name. */
function layerVariables(model: tfl.LayersModel): Map<string, Variable[]> {
  return new Map(
    model.layers.map((layer) => [
      layer.name,
      layer.weights.map((weight) => {
        const tensor = weight.read();
        return {
          name: weight.originalName.split('/').at(-1)!,
          shape: tensor.shape,
          data: Float32Array.from(tensor.dataSync()),
        };
      }),
    ]),
  );
}

/** Each layer's variables by its group in model.weights.h5. */
function variablePaths({ config }: KerasModel, variables: Map<string, Variable[]>): Map<string, Variable[]> {
  const groups = groupNames(config.layers);
  return new Map(
    config.layers.map((layer, i) => [`layers/${groups[i]}/vars`, variables.get(layer.config.name) ?? []]),
  );
}

function formatOf(path: string): '.h5' | '.keras' {
  const format = extname(path);
  if (format === '.h5' || format === '.keras') return format;
  throw new SightlineError('config', `A Keras file ends in .keras or .h5, but ${path} was given.`);
}
