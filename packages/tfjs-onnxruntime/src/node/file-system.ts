// Models in folders: `model.json` and the files of weights that it names, as tfjs-node and the converter write them.

import { readFileSync } from 'node:fs';
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
    this.#path = path.startsWith(SCHEME) ? path.slice(SCHEME.length) : path;
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
    const folder = dirname(this.#path);
    return io.getModelArtifactsForJSON(json, async (manifest) => {
      const shards = manifest.flatMap(({ paths }) => paths).map((name) => readShard(folder, name));
      return [io.getWeightSpecs(manifest), new Uint8Array(Buffer.concat(shards)).buffer];
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
  if (!json?.modelTopology || !Array.isArray(json.weightsManifest)) {
    throw new SightlineError(
      'broken',
      `Could not read the model ${path}: expected modelTopology and weightsManifest in it.`,
      { hint: `Give the path of a ${TOPOLOGY}.` },
    );
  }
  return json as io.ModelJSON;
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
  return readFileSync(path);
}

/**
 * A handler for `model.save` and for `tf.loadLayersModel` and `tf.loadGraphModel`.
 *
 * @param path the folder to save to, or the `model.json` to load; with or without `file://`
 * @throws (its methods) SightlineError `missing`, `broken`, `unsupported` or `not-writable`
 */
export const fileSystem = (path: string): io.IOHandler => new FileSystem(path);

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
