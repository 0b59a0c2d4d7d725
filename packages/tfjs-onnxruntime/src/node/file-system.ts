// Models in folders: `model.json` and the files of weights that it names, as tfjs-node and the converter write them.

import { dirname, join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { pathInside, readRegularFile, writeFileAtomic, writeJson } from '@sightline/core/files';
import { io } from '@tensorflow/tfjs-core';

const SCHEME = 'file://';
const TOPOLOGY = 'model.json';
const WEIGHTS = 'weights.bin';

class FileSystem implements io.IOHandler {
  readonly #path: string;

  constructor(path: string) {
    const name = typeof path === 'string' && path.startsWith(SCHEME) ? path.slice(SCHEME.length) : path;
    if (typeof name !== 'string' || name === '') {
      throw new SightlineError(
        'option',
        `A model's path must name a folder or a ${TOPOLOGY}, but got ${JSON.stringify(path)}.`,
      );
    }
    this.#path = name;
  }

  /** Writes the model into the folder: `model.json`, and `weights.bin` before it. */
  async save(artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
    if (artifacts.modelTopology instanceof ArrayBuffer) {
      throw new SightlineError('unsupported', 'A model with a binary topology cannot be saved to a folder.');
    }
    const { weightData, weightSpecs = [], ...model } = artifacts;
    const weightsManifest = [{ paths: [WEIGHTS], weights: weightSpecs }];
    writeFileAtomic(join(this.#path, WEIGHTS), new Uint8Array(io.CompositeArrayBuffer.join(weightData)));
    writeJson(join(this.#path, TOPOLOGY), { ...model, weightsManifest });
    return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) };
  }

  /** Reads the model of a `model.json`; its weights may be in several files, all of them in its folder or below. */
  async load(): Promise<io.ModelArtifacts> {
    const json = parse(this.#path);
    return io.getModelArtifactsForJSON(json, async (manifest) => {
      const specs = io.getWeightSpecs(manifest);
      return [specs, readWeights(this.#path, manifest, bytesOf(specs))];
    });
  }
}

function parse(path: string): io.ModelJSON {
  const text = readRegularFile(path, 'the model').toString('utf8');
  let json: Partial<io.ModelJSON> | null;
  try {
    json = JSON.parse(text) as Partial<io.ModelJSON> | null;
  } catch (cause) {
    throw new SightlineError('broken', `Could not read the model ${path}: it is not JSON.`, { cause });
  }
  const manifest: unknown = json?.weightsManifest ?? [];
  if (!json?.modelTopology || !Array.isArray(manifest)) {
    throw new SightlineError('broken', `Could not read the model ${path}: expected modelTopology in it.`, {
      hint: `Give the path of a ${TOPOLOGY}.`,
    });
  }
  if (!manifest.every(isGroup)) {
    throw new SightlineError(
      'broken',
      `Could not read the model ${path}: expected groups of paths and weights in its weightsManifest.`,
    );
  }
  return json as io.ModelJSON;
}

function isGroup(group: Partial<io.WeightsManifestConfig[number]> | null): boolean {
  const { paths, weights } = group ?? {};
  return (
    Array.isArray(paths) &&
    paths.every((name) => typeof name === 'string') &&
    Array.isArray(weights) &&
    weights.every((spec) => Array.isArray((spec as Partial<io.WeightsManifestEntry> | null)?.shape))
  );
}

const BYTES: Readonly<Record<string, number | undefined>> = {
  float32: 4,
  int32: 4,
  complex64: 8,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
};

/** Bytes of weights as they are stored; `undefined` where that is not said, as of strings. */
function bytesOf(specs: readonly io.WeightsManifestEntry[]): number | undefined {
  let total = 0;
  for (const { shape, dtype, quantization } of specs) {
    const bytes = BYTES[quantization?.dtype ?? dtype];
    if (bytes === undefined) return undefined;
    total += bytes * shape.reduce((size, dim) => size * dim, 1);
  }
  return total;
}

/** The files of weights one after the other, as far as there are weights for them. */
function readWeights(
  model: string,
  manifest: io.WeightsManifestConfig,
  expected: number | undefined,
): ArrayBuffer {
  const folder = dirname(model);
  const shards: Uint8Array[] = [];
  let read = 0;
  for (const name of manifest.flatMap(({ paths }) => paths)) {
    if (expected !== undefined && read >= expected) break;
    const shard = readShard(folder, name);
    shards.push(shard);
    read += shard.length;
  }
  if (expected !== undefined && read < expected) {
    throw new SightlineError(
      'broken',
      `Could not read the weights of ${model}: expected ${expected} bytes, but its files hold ${read}.`,
      { hint: 'A file of weights may be cut short: copy or download it again.' },
    );
  }
  return new Uint8Array(Buffer.concat(shards)).buffer;
}

function readShard(folder: string, name: string): Uint8Array {
  let path: string;
  try {
    path = pathInside(folder, name);
  } catch (cause) {
    if (cause instanceof SightlineError) throw cause;
    throw new SightlineError('missing', `The file of weights ${join(folder, name)} does not exist.`, {
      cause,
    });
  }
  return readRegularFile(path, 'the weights');
}

/**
 * A handler for `model.save` and for `tf.loadLayersModel` and `tf.loadGraphModel`.
 *
 * @param path the folder to save to, or the `model.json` to load; with or without `file://`
 * @throws SightlineError `option` where the path is none; its methods `missing`, `broken`, `unsupported` or
 *   `not-writable`
 */
export const fileSystem = (path: string): io.IOHandler => new FileSystem(path);

/**
 * A handler for models on a server, by tfjs-node's name for `tf.io.http`.
 *
 * @param url of a `model.json`
 * @param weightPathPrefix where the files of weights are, if not beside it
 */
export const nodeHTTPRequest = (
  url: string,
  requestInit?: RequestInit,
  weightPathPrefix?: string,
): io.IOHandler =>
  io.http(url, { ...(requestInit && { requestInit }), ...(weightPathPrefix && { weightPathPrefix }) });

const route = (url: string | string[]): io.IOHandler =>
  typeof url === 'string' && url.startsWith(SCHEME)
    ? fileSystem(url)
    : // TensorFlow.js' routers give null for others' URLs, which its types do not say.
      (null as unknown as io.IOHandler);

/** Makes TensorFlow.js save to and load from `file://` paths. */
export function registerFileHandlers(): void {
  io.registerSaveRouter(route);
  io.registerLoadRouter(route);
}
