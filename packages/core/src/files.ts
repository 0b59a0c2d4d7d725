/**
 * Atomic files: written beside their place and renamed into it, so that a process that is killed leaves either the
 * old file or the new one, whole. They outlive the process, not a power cut: nothing is flushed to the disk itself.
 */

import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { SightlineError } from './error.ts';
import { reasonOf } from './reason.ts';
import { fileSize, shown } from './words.ts';

let written = 0;

/** The largest file that is read whole. Node cannot read more than 2 GiB at once. */
export const LARGEST_FILE = 2 ** 31 - 1;

/**
 * Read a regular file of at most `most` bytes whole. Devices, pipes and sockets, which may never end or never begin,
 * are refused before they are opened.
 *
 * @param what what the file is, for the message: `the weights`
 * @throws SightlineError `missing`, `unsupported` (no regular file, or too large) or `broken` (it cannot be read)
 */
export function readRegularFile(path: string, what = 'the file', most = LARGEST_FILE): Buffer {
  try {
    const { size } = regularFile(path, what);
    if (size > most) {
      const limit = `expected at most ${fileSize(most)}, but got ${fileSize(size)}`;
      throw new SightlineError('unsupported', `Could not read ${what} ${path}: ${limit}.`);
    }
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof SightlineError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    const kind = code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'broken';
    throw new SightlineError(kind, `Could not read ${what} ${path}: ${reasonOf(cause)}.`, { cause });
  }
}

/** The state of a path that must be a regular file; see `readRegularFile`. */
export function regularFile(path: string, what = 'the file'): Stats {
  const entry = statSync(path);
  const reason = irregularity(entry);
  if (reason === undefined) return entry;
  throw new SightlineError('unsupported', `Could not read ${what} ${path}: expected a file, but ${reason}.`);
}

/** Throws SightlineError `unsupported`, whose message is the reason alone, where there is no regular file at a path. */
export function refuseIrregular(path: string | URL): void {
  const reason = irregularity(statSync(path));
  if (reason !== undefined) throw new SightlineError('unsupported', reason);
}

/** Why what is to be read as a file is none, for a sentence: it may never end. */
export function irregularity(entry: Stats): string | undefined {
  if (entry.isFile()) return undefined;
  if (entry.isDirectory()) return 'it is a folder';
  return entry.isFIFO() ? 'it is a pipe' : 'it is a device or a socket';
}

/**
 * The path of `name` in `folder`, where neither `..`, an absolute path nor a link leads out of the folder.
 *
 * @throws SightlineError `broken` where one does; the system's error where there is no such file
 */
export function pathInside(folder: string, name: string): string {
  const path = join(folder, name);
  const root = realpathSync(folder);
  const isInside = !isAbsolute(name) && realpathSync(path).startsWith(root.endsWith(sep) ? root : root + sep);
  if (isInside) return path;
  throw new SightlineError(
    'broken',
    `${shown(name)} leads out of the folder ${folder}: expected a file in it.`,
  );
}

/** Where a file is written before it is renamed. */
export function placeBeside(path: string): string {
  // Process and count keep two writers of one path apart; the dot hides the file from those who list the folder.
  return join(dirname(path), `.${basename(path)}.${process.pid}.${++written}.tmp`);
}

/**
 * Make a folder, and those above it that are missing. Throws the system's error; by itself, Node's `recursive` says of a
 * read-only disk that there is no such file, and never returns from where that is the system's own answer, as in /proc.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    try {
      mkdirSync(folder);
    } catch (cause) {
      // Another process made it meanwhile.
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    }
  }
  mkdirSync(path, { recursive: true });
}

/** What to do about a path that cannot be written: a sentence. */
export function remedyFor(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'Free some space and run again.';
  if (code === 'EROFS') return 'Choose a folder on another disk.';
  if (code === 'ENAMETOOLONG') return 'Choose a shorter name.';
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'Choose another folder.';
  return 'Choose a folder that you may write to.';
}

/** The error of a path that cannot be written: why, and what to do. */
export function notWritable(path: string, cause: unknown): SightlineError {
  const message = `Could not write ${path}: ${reasonOf(cause)}. ${remedyFor(cause)}`;
  return new SightlineError('not-writable', message, { cause });
}

/** Writes `bytes` (a string as UTF-8, parts one after the other) to `path`, whole or not at all; makes the folders on the way. */
export function writeFileAtomic(path: string, bytes: Uint8Array | string | readonly Uint8Array[]): void {
  const beside = placeBeside(path);
  try {
    makeFolder(dirname(path));
    if (Array.isArray(bytes)) writeParts(beside, bytes);
    else writeFileSync(beside, bytes as Uint8Array | string);
    renameSync(beside, path);
  } catch (cause) {
    // It is there only if the folder is, and then the renaming failed.
    if (existsSync(beside)) rmSync(beside);
    throw notWritable(path, cause);
  }
}

/** The same while this thread does other work; the bytes may not change meanwhile. */
export async function writeFileAtomicBeside(
  path: string,
  bytes: string | readonly Uint8Array[],
): Promise<void> {
  const parts = typeof bytes === 'string' ? [Buffer.from(bytes)] : bytes;
  const beside = placeBeside(path);
  try {
    makeFolder(dirname(path));
    const file = await open(beside, 'w');
    try {
      // All at once: each call waits for a turn of this thread, which may be at a step of training.
      let rest = parts.filter(({ length }) => length > 0);
      while (rest.length > 0) rest = after(rest, (await file.writev(rest)).bytesWritten);
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    throw notWritable(path, cause);
  }
}

/** What is left of parts once their first bytes are written. */
function after(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written;
  return parts.flatMap((part) => {
    const done = Math.min(skip, part.length);
    skip -= done;
    return done < part.length ? [part.subarray(done)] : [];
  });
}

/** Adds a line to a file, whole or not at all: one call of the system, taken back where the disk is full. */
export function appendLine(path: string, line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  try {
    const file = openSync(path, 'a');
    try {
      const before = fstatSync(file).size;
      if (writeSync(file, bytes) === bytes.length) return;
      ftruncateSync(file, before);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw notWritable(path, cause);
  }
  throw notWritable(path, Object.assign(new Error('The disk is full.'), { code: 'ENOSPC' }));
}

function writeParts(path: string, parts: readonly Uint8Array[]): void {
  const file = openSync(path, 'w');
  try {
    for (const part of parts) {
      for (let at = 0; at < part.length; ) at += writeSync(file, part, at);
    }
  } finally {
    closeSync(file);
  }
}

/** Writes `value` as JSON that people can read: two spaces, plain lists on one line, a newline at the end. Atomic. */
export function writeJson(path: string, value: unknown): void {
  writeFileAtomic(path, `${listsOnOneLine(JSON.stringify(value, null, 2))}\n`);
}

/** A curve of 200 numbers is one line, not 200. JSON's strings hold no line breaks, so each one here is layout. */
function listsOnOneLine(json: string): string {
  return json.replace(
    /\[\n\s+([^[\]{}]*?)\n\s*\]/g,
    (_, items: string) => `[${items.replace(/\n\s+/g, ' ')}]`,
  );
}

/** The folder that downloads are kept in: `SIGHTLINE_CACHE`, or where the system keeps caches. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SIGHTLINE_CACHE) return env.SIGHTLINE_CACHE;
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/sightline');
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? homedir(), 'sightline/cache');
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sightline');
}
