// TensorFlow.js' LayersModel format on disk: `model.json` (topology, metadata, a manifest of weights) beside
// `weights.bin` (their float32 bytes, one after the other). Any TensorFlow.js loads it from a file or a URL.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { writeFileAtomic, writeJson } from '@sightline/runs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '../networks/dropout.ts';
import { checkMetadata, type ModelMetadata } from './metadata.ts';

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
  let model: tfl.LayersModel;
  try {
    model = await tfl.loadLayersModel(
      tf.io.fromMemory({ modelTopology: json.modelTopology, weightSpecs: specs, weightData }),
    );
  } catch (cause) {
    throw loadError(path, cause as Error);
  }
  const metadata = json.userDefinedMetadata?.sightline;
  if (metadata === undefined) return { model };
  return { model, metadata: checkMetadata(path, model, metadata) };
}

function readModelJson(path: string): ModelJson {
  if (!existsSync(path)) {
    throw new SightlineError(
      'saved-model',
      `There is no ${path}: name a folder that holds a model.json and its weights.`,
    );
  }
  let json: Partial<ModelJson> | null;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new SightlineError('saved-model', `${path} is not whole JSON: copy or save the model again.`, {
      cause,
    });
  }
  if (!json?.modelTopology || !Array.isArray(json.weightsManifest)) {
    throw new SightlineError(
      'saved-model',
      `${path} is no TensorFlow.js LayersModel: it has no modelTopology with a weightsManifest.`,
    );
  }
  return json as ModelJson;
}

function readShards(folder: string, json: ModelJson, specs: tf.io.WeightsManifestEntry[]): ArrayBuffer {
  const shards = json.weightsManifest
    .flatMap((group) => group.paths)
    .map((name) => {
      const path = join(folder, name);
      if (!existsSync(path)) {
        throw new SightlineError(
          'saved-model',
          `The weights ${path} are missing: copy all files of the model.`,
        );
      }
      return readFileSync(path);
    });
  const expected = specs.reduce((sum, spec) => sum + tf.util.sizeFromShape(spec.shape) * bytesOf(spec), 0);
  const bytes = Buffer.concat(shards);
  if (bytes.length !== expected) {
    throw new SightlineError(
      'saved-model',
      `The weights in ${folder} should be ${expected} bytes, but are ${bytes.length}: copy the model again.`,
    );
  }
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}

const QUANTIZED_BYTES: Record<string, number> = { uint8: 1, uint16: 2, float16: 2 };
const bytesOf = (spec: tf.io.WeightsManifestEntry): number =>
  spec.quantization ? QUANTIZED_BYTES[spec.quantization.dtype]! : spec.dtype === 'bool' ? 1 : 4;

function loadError(path: string, cause: Error): SightlineError {
  const unknown = /Unknown layer: (\S+?)\./.exec(cause.message)?.[1];
  return unknown
    ? new SightlineError(
        'unsupported-layer',
        `${path} has a layer ${unknown} that TensorFlow.js does not know: register its class with tf.serialization.registerClass before loading.`,
        { cause },
      )
    : new SightlineError('saved-model', `${path} could not be loaded: ${cause.message.split('\n')[0]}`, {
        cause,
      });
}
