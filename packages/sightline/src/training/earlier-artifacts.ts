/**
 * What the site shows of a run follows from its images, its settings and its model. A second training on the same images
 * comes to the same model, byte by byte, and takes what the earlier one had written.
 */

import { hash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { readRegularFile } from '@sightline/core/files';
import { type Run, type RunWriter, readRun } from '@sightline/runs';

export interface EarlierArtifacts {
  readonly key: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Written by the run itself, which knows its own time and seconds. */
const OF_THE_RUN = ['layers.json', 'model-card.md'];

/** The artifacts of the complete run in a folder, read before a new one takes its place. */
export function earlierArtifacts(dir: string): EarlierArtifacts | undefined {
  const artifacts = join(dir, 'artifacts');
  try {
    const key = keyOf(dir);
    if (key === undefined || !existsSync(artifacts)) return undefined;
    const names = readdirSync(artifacts).filter((name) => !OF_THE_RUN.includes(name));
    return { key, files: new Map(names.map((name) => [name, readRegularFile(join(artifacts, name))])) };
  } catch (error) {
    // None, or damaged: they are made again.
    if (error instanceof SightlineError) return undefined;
    throw error;
  }
}

/** Writes the earlier artifacts if the run that has just been written is the same but for its time. */
export function keepArtifacts(writer: RunWriter, earlier: EarlierArtifacts | undefined): boolean {
  if (earlier === undefined || keyOf(writer.dir, true) !== earlier.key) return false;
  for (const [name, bytes] of earlier.files) writer.writeArtifact(name, bytes);
  return true;
}

function keyOf(dir: string, isRunning = false): string | undefined {
  const { run } = readRun(dir);
  const model = join(dir, 'model.onnx');
  if (!(isRunning || run.status === 'complete') || !existsSync(model)) return undefined;
  const { experiment, seed, config, data, software } = run satisfies Run;
  const settings = JSON.stringify({ experiment, seed, config, data, software });
  return hash('sha256', `${settings}\n${hash('sha256', readRegularFile(model))}`);
}
