/** A run whose images are found wherever the program was started. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type LoadedRun, readRun } from '@sightline/runs';

/** As `readRun`. The root of its images, which is recorded as seen from where it was trained, is one as seen from here. */
export function readRunHere(dir: string): LoadedRun {
  const loaded = readRun(dir);
  const { run } = loaded;
  return { ...loaded, run: { ...run, data: { ...run.data, root: rootFromHere(loaded.dir, run.data.root) } } };
}

/** A relative root lies in this folder or in one around the run's; as it is where there is none. */
function rootFromHere(dir: string, root: string): string {
  if (isAbsolute(root) || existsSync(root)) return root;
  for (let folder = dirname(dir); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, root))) return join(folder, root);
  }
  return root;
}
