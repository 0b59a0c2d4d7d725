/**
 * What the site shows of a run follows from its images, its settings and its model. A second training on the same images
 * comes to the same model, byte by byte, and takes what the earlier one had written, if it had written all of it by the
 * same code.
 */

import { hash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SightlineError } from '@sightline/core';
import { readRegularFile } from '@sightline/core/files';
import { type Run, type RunWriter, readRun } from '@sightline/runs';
import { ACTIVATION_MAPS_VERSION } from './activation-maps.ts';
import { BACKBONE_ARTIFACTS_VERSION } from './backbone-artifacts.ts';
import { FEATURE_MAP_VERSION } from './feature-map.ts';
import { AUGMENTED_VERSION } from './image-grids.ts';
import { THUMBNAILS_VERSION } from './thumbnails.ts';
import { TRAIN_FEATURES_VERSION } from './train-features.ts';

export interface EarlierArtifacts {
  readonly key: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The versions of all that writes artifacts, in a file beside them. */
const VERSIONS = {
  activationMaps: ACTIVATION_MAPS_VERSION,
  augmented: AUGMENTED_VERSION,
  backbone: BACKBONE_ARTIFACTS_VERSION,
  featureMap: FEATURE_MAP_VERSION,
  thumbnails: THUMBNAILS_VERSION,
  trainFeatures: TRAIN_FEATURES_VERSION,
};
const VERSIONS_FILE = 'versions.json';

/** Written by the run itself, which knows its own time and seconds. */
const OF_THE_RUN = ['layers.json', 'model-card.md'];

/** The artifacts of the complete run in a folder, read before a new one takes its place. */
export function earlierArtifacts(dir: string): EarlierArtifacts | undefined {
  const artifacts = join(dir, 'artifacts');
  try {
    const key = keyOf(dir);
    if (key === undefined || !existsSync(artifacts)) return undefined;
    const versions: unknown = JSON.parse(String(readRegularFile(join(artifacts, VERSIONS_FILE))));
    if (!isDeepStrictEqual(versions, VERSIONS)) return undefined;
    const names = readdirSync(artifacts).filter((name) => !OF_THE_RUN.includes(name));
    return { key, files: new Map(names.map((name) => [name, readRegularFile(join(artifacts, name))])) };
  } catch (error) {
    // None, or damaged: they are made again.
    if (error instanceof SightlineError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes the earlier artifacts if the run that has just been written is the same but for its time. */
export function keepArtifacts(writer: RunWriter, earlier: EarlierArtifacts | undefined): boolean {
  if (earlier === undefined || keyOf(writer.dir, true) !== earlier.key) return false;
  for (const [name, bytes] of earlier.files) writer.writeArtifact(name, bytes);
  return true;
}

/** Says that all artifacts are there, and which code wrote them. */
export function markWhole(writer: RunWriter): void {
  writer.writeArtifact(VERSIONS_FILE, VERSIONS);
}

function keyOf(dir: string, isRunning = false): string | undefined {
  const { run } = readRun(dir);
  const model = join(dir, 'model.onnx');
  if (!(isRunning || run.status === 'complete') || !existsSync(model)) return undefined;
  const { experiment, seed, config, data, software } = run satisfies Run;
  const settings = JSON.stringify({ experiment, seed, config, data, software });
  return hash('sha256', `${settings}\n${hash('sha256', readRegularFile(model))}`);
}
