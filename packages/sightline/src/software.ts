/** The software of a run: versions of the programs, and the commit of the code around the configuration. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import type { Run } from '@sightline/runs';

/** Versions of this program and of what it computes with. What can't be found is left out. */
export function softwareVersions(): Run['software'] {
  const here = createRequire(import.meta.url);
  const runtime = createRequire(import.meta.resolve('@sightline/ort'));
  const onnxruntime = versionOf(runtime, 'onnxruntime-node');
  const tfjs = versionOf(here, '@tensorflow/tfjs-core');
  return {
    sightline: versionOf(here, 'sightline') ?? versionOf(here, '../package.json') ?? 'unknown',
    node: process.versions.node,
    ...(onnxruntime ? { onnxruntime } : {}),
    ...(tfjs ? { tfjs } : {}),
  };
}

function versionOf(require: NodeJS.Require, name: string): string | undefined {
  try {
    const manifest = require(name.endsWith('.json') ? name : `${name}/package.json`) as { version?: string };
    return manifest.version;
  } catch {
    return undefined;
  }
}

/** The commit that `folder` is at, and whether tracked files differ from it; null outside of a repository. */
export async function gitState(folder: string): Promise<Run['git']> {
  const git = async (...args: string[]) =>
    (await promisify(execFile)('git', args, { cwd: folder })).stdout.trim();
  try {
    const [commit, changes] = await Promise.all([
      git('rev-parse', 'HEAD'),
      git('status', '--porcelain', '--untracked-files=no'),
    ]);
    return { commit, dirty: changes !== '' };
  } catch {
    return null;
  }
}
