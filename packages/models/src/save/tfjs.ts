// TensorFlow.js' LayersModel format on disk: `model.json` (topology, metadata, a manifest of weights) beside
// `weights.bin` (their float32 bytes, one after the other). Any TensorFlow.js loads it from a file or a URL.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { integer, SightlineError, shown } from '@sightline/core';
import { pathInside, readRegularFile, regularFile, writeFileAtomic, writeJson } from '@sightline/core/files';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { z } from 'zod';
import { checkMetadata, type ModelMetadata } from './metadata.ts';
import { buildStored } from './stored-network.ts';

const MODEL_FILE = 'model.json';
const WEIGHTS_FILE = 'weights.bin';

interface ModelJson {
  modelTopology: object;
  weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  userDefinedMetadata?: { sightline?: unknown };
}

/** Writes a model's two files into `dir`. The weights come first, so `model.json` never names what is not there. */
export async function saveModel(
  model: tfl.LayersModel,
  dir: string,
  metadata?: ModelMetadata,
): Promise<void> {
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      rmSync(join(dir, MODEL_FILE), { force: true });
      writeFileAtomic(
        join(dir, WEIGHTS_FILE),
        new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData)),
      );
      writeJson(join(dir, MODEL_FILE), {
        format: artifacts.format,
        generatedBy: artifacts.generatedBy,
        convertedBy: null,
        modelTopology: artifacts.modelTopology,
        weightsManifest: [{ paths: [WEIGHTS_FILE], weights: artifacts.weightSpecs }],
        ...(metadata ? { userDefinedMetadata: { sightline: metadata } } : {}),
      });
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    }),
  );
}

/**
 * Loads a LayersModel from `dir` (or from a path to its model.json). `metadata` is there when Sightline saved it.
 * Throws SightlineError 'saved-model' where files are missing, cut short or not a model, 'unsupported-layer' where a
 * layer is unknown to TensorFlow.js.
 */
export async function loadModel(dir: string): Promise<{ model: tfl.LayersModel; metadata?: ModelMetadata }> {
  const folder = dir.endsWith(MODEL_FILE) ? dir.slice(0, -MODEL_FILE.length) || '.' : dir;
  const path = join(folder, MODEL_FILE);
  const json = readModelJson(path);
  const specs = json.weightsManifest.flatMap((group) => group.weights);
  const weightData = readShards(folder, json, specs);
  const stored = specs.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape), 0);
  const model = await buildStored(path, json.modelTopology, stored);
  setWeights(path, model, weightData, specs);
  const metadata = json.userDefinedMetadata?.sightline;
  if (metadata === undefined) return { model };
  return { model, metadata: checkMetadata(path, model, metadata) };
}

function setWeights(
  path: string,
  model: tfl.LayersModel,
  data: ArrayBuffer,
  specs: tf.io.WeightsManifestEntry[],
): void {
  const weights = tf.io.decodeWeights(data, specs);
  try {
    model.loadWeights(weights, false);
    const missing = model.weights.find(({ originalName }) => !(originalName in weights));
    if (missing) throw new Error(`it has no weight ${missing.originalName}`);
  } catch (cause) {
    model.dispose();
    const [reason] = (cause as Error).message.split('\n');
    throw new SightlineError('saved-model', `${path} could not be loaded: ${reason}.`, { cause });
  } finally {
    tf.dispose(weights);
  }
}

/** A description of a network: the largest public ones take 2 MB. */
const LARGEST_DESCRIPTION = 64e6;

function readModelJson(path: string): ModelJson {
  if (!existsSync(path)) {
    throw new SightlineError(
      'saved-model',
      `There is no ${path}: name a folder that holds a model.json and its weights.`,
    );
  }
  let json: Partial<ModelJson> | null;
  try {
    json = JSON.parse(readRegularFile(path, 'the model', LARGEST_DESCRIPTION).toString('utf8'));
  } catch (cause) {
    if (cause instanceof SightlineError) throw cause;
    throw new SightlineError('saved-model', `${path} is not whole JSON: copy or save the model again.`, {
      cause,
    });
  }
  const parsed = manifestSchema.safeParse(json?.weightsManifest);
  if (typeof json?.modelTopology !== 'object' || json.modelTopology === null || !parsed.success) {
    throw new SightlineError(
      'saved-model',
      `${path} is not a TensorFlow.js LayersModel: expected a modelTopology and a weightsManifest.`,
    );
  }
  return { ...json, weightsManifest: parsed.data } as ModelJson;
}

const size = z.number().int().min(0);
const manifestSchema = z.array(
  z.object({
    paths: z.array(z.string().min(1)),
    weights: z.array(
      z.looseObject({
        name: z.string(),
        shape: z.array(size),
        dtype: z.enum(['float32', 'int32', 'bool']),
        quantization: z.looseObject({ dtype: z.enum(['uint8', 'uint16', 'float16']) }).optional(),
      }),
    ),
  }),
);

/** The weights' bytes: regular files in the model's folder, together as long as the manifest says. */
function readShards(folder: string, json: ModelJson, specs: tf.io.WeightsManifestEntry[]): ArrayBuffer {
  const paths = json.weightsManifest.flatMap((group) => group.paths.map((name) => shardPath(folder, name)));
  const expected = specs.reduce((sum, spec) => sum + tf.util.sizeFromShape(spec.shape) * bytesOf(spec), 0);
  const found = paths.reduce((sum, path) => sum + regularFile(path, 'the weights').size, 0);
  if (found !== expected) {
    throw new SightlineError(
      'saved-model',
      `The weights in ${folder} should be ${integer(expected)} bytes, but are ${integer(found)}: copy the model again.`,
    );
  }
  const bytes = Buffer.concat(paths.map((path) => readRegularFile(path, 'the weights')));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}

function shardPath(folder: string, name: string): string {
  try {
    return pathInside(folder, name);
  } catch (cause) {
    if (cause instanceof SightlineError) throw cause;
    throw new SightlineError(
      'saved-model',
      `The weights ${shown(name)} are missing in ${folder}: copy all files of the model.`,
      { cause },
    );
  }
}

const QUANTIZED_BYTES: Record<string, number> = { uint8: 1, uint16: 2, float16: 2 };
const bytesOf = (spec: tf.io.WeightsManifestEntry): number =>
  spec.quantization ? QUANTIZED_BYTES[spec.quantization.dtype]! : spec.dtype === 'bool' ? 1 : 4;
