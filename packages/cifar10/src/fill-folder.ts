/** Folders of data that are made of the fetched files. */
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Lets `fill` write into a folder beside `dir`, which then takes its place: `dir` appears whole or not at all. */
export async function fillFolder(dir: string, fill: (building: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  const building = await mkdtemp(join(dirname(dir), `.${basename(dir)}-`));
  try {
    await fill(building);
    // mkdtemp makes a folder that only its owner can read.
    await chmod(building, 0o755);
    await rename(building, dir);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}
