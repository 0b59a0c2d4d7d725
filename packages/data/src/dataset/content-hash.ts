// Hashes the content of many files: sha256, which gives each image its identity and its split.

import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type FileFailure, reasonOf } from '../error.ts';
import type { FileTree } from './file-tree.ts';

/** Files under way at once: enough to keep a disk busy, few enough for any limit on open files. */
const CONCURRENCY = 16;

export interface HashedFiles {
  /** sha256 by path. */
  readonly hashes: ReadonlyMap<string, string>;
  /** In the order of the paths. */
  readonly failures: readonly FileFailure[];
}

/** Hashes each path's bytes. A file that cannot be read is a failure, not an exception. */
export async function hashFiles(
  tree: FileTree,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<HashedFiles> {
  const hashes = new Map<string, string>();
  const reasons = new Map<string, string>();
  let next = 0;
  const lane = async () => {
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
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  // Files end in any order; what is said of them must not depend on it.
  const failures = paths.flatMap((path) => {
    const reason = reasons.get(path);
    return reason === undefined ? [] : { path, reason };
  });
  return { hashes, failures };
}
