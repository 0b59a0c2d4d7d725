// Hashes the content of many files: sha256, which gives each image its identity and its split. Where there is a cache
// folder, an index of hashes is kept there, so that a file is read again only where it may have changed.

import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { reasonOf } from '@sightline/core';
import { runParallel } from '../workers/parallel.ts';
import type { FileFailure } from './failures.ts';
import { fileList } from './file-reader.ts';
import type { FileTree } from './file-tree.ts';
import { HashIndex } from './hash-index.ts';
import { DIGEST_BYTES, hashJob } from './hash-job.ts';

/** Files of an archive under way at once. */
const CONCURRENCY = 16;

export interface HashedFiles {
  /** sha256 by path. */
  readonly hashes: ReadonlyMap<string, string>;
  /** In the order of the paths. */
  readonly failures: readonly FileFailure[];
}

export interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where the index of hashes is kept. Default: nowhere. */
  readonly cacheDir?: string | undefined;
}

/** Hashes each path's bytes. A file that cannot be read is a failure, not an exception. */
export async function hashFiles(
  tree: FileTree,
  paths: readonly string[],
  { signal, cacheDir }: HashOptions = {},
): Promise<HashedFiles> {
  const { disk } = tree;
  if (disk === undefined) return hashReadable(tree, paths, signal);
  if (cacheDir === undefined) return hashOnDisk(disk.folder, paths, signal);
  const index = await HashIndex.open(cacheDir, disk.folder);
  const stamps = new Map(paths.map((path) => [path, disk.stamp(path)]));
  const known = new Map<string, string>();
  for (const [path, stamp] of stamps) {
    const found = stamp && index.find(path, stamp);
    if (found !== undefined) known.set(path, found);
  }
  const began = Date.now();
  const { hashes, failures } = await hashOnDisk(
    disk.folder,
    paths.filter((path) => !known.has(path)),
    signal,
  );
  for (const [path, digest] of hashes) {
    known.set(path, digest);
    const stamp = stamps.get(path);
    if (stamp !== undefined) index.add(path, stamp, digest, began);
  }
  await index.save();
  return { hashes: known, failures };
}

/** Files in a folder on disk: by all threads. */
async function hashOnDisk(
  folder: string,
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<HashedFiles> {
  const digests = new Uint8Array(new SharedArrayBuffer(paths.length * DIGEST_BYTES));
  const report = await runParallel(hashJob, { files: fileList(folder, paths), digests }, paths.length, {
    signal,
  });
  const reasons = new Map(report.failures.map(({ index, reason }) => [index, reason]));
  const hex = Buffer.from(digests.buffer).toString('hex');
  const hashes = new Map<string, string>();
  const failures: FileFailure[] = [];
  paths.forEach((path, index) => {
    const reason = reasons.get(index);
    if (reason !== undefined) failures.push({ path, reason });
    else hashes.set(path, hex.slice(index * DIGEST_BYTES * 2, (index + 1) * DIGEST_BYTES * 2));
  });
  return { hashes, failures };
}

async function hashReadable(
  tree: FileTree,
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<HashedFiles> {
  const hashes = new Map<string, string>();
  const reasons = new Map<string, string>();
  let next = 0;
  const hashNext = async () => {
    while (next < paths.length) {
      signal?.throwIfAborted();
      const path = paths[next++]!;
      try {
        hashes.set(path, hash('sha256', await tree.read(path)));
      } catch (error) {
        reasons.set(path, reasonOf(error));
      }
      if (next % 256 === 0) await setImmediate();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, hashNext));
  // Files end in any order; the report must not depend on it.
  const failures = paths.flatMap((path) => {
    const reason = reasons.get(path);
    return reason === undefined ? [] : { path, reason };
  });
  return { hashes, failures };
}
