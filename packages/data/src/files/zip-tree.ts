// A zip archive as a file tree, read in place: the directory at its end once, then each file when it is asked for
// (PKWARE's APPNOTE, with zip64). Files are inflated one at a time and never to more than they say.

import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { reasonOf, SightlineError, shown } from '@sightline/core';
import { limitedTo } from '../workers/limited.ts';
import { type FileEntry, type FileTree, isHiddenName, type Listing } from './file-tree.ts';
import { readDirectory, type ZipEntry } from './zip-directory.ts';

/** No image file is larger; what claims to be is a bomb. */
const MAX_FILE_BYTES = 1 << 28;
/** Larger files are unpacked one at a time. */
const LARGE_FILE_BYTES = 1 << 24;
/** A large file that unpacks to more times its packed size is no picture: formats pack their pixels themselves. */
const MAX_RATIO = 100;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;

/** Opens an archive. Throws SightlineError `zip` where it is none, is damaged, or names files outside of itself. */
export async function zipTree(root: string): Promise<FileTree> {
  const packed = await withFile(root, (file) => readDirectory(file, root)).catch((error: unknown) => {
    if (error instanceof SightlineError) throw error;
    throw new SightlineError('zip', `The archive ${root} cannot be read: ${reasonOf(error)}.`);
  });
  refuseClimbers(root, packed);
  // The last entry of a path counts, as for programs that unpack it.
  // Some programs on Windows pack paths with backslashes and say that they are a UNIX system's.
  const isFromWindows =
    !packed.some(({ path }) => path.includes('/')) && packed.some(({ path }) => path.includes('\\'));
  const entries = new Map(packed.map((entry) => [tidied(entry, isFromWindows), entry]));
  const listing = listingOf(entries);
  const alone = limitedTo(1);
  const read = (path: string) => withFile(root, (file) => readEntry(file, entries.get(path)));
  return {
    root,
    list: async () => listing,
    read: (path) => {
      const isLarge = (entries.get(path)?.size ?? 0) > LARGE_FILE_BYTES;
      return isLarge ? alone(1, () => read(path)) : read(path);
    },
  };
}

/** The path with `/` between folders, and without `.` and empty parts; a folder's ends in `/`. */
function tidied({ path, isFromDos }: ZipEntry, isFromWindows: boolean): string {
  const parts = (isFromDos || isFromWindows ? path.replaceAll('\\', '/') : path).split('/');
  const isFolder = parts.at(-1) === '';
  return parts.filter((part) => part !== '' && part !== '.').join('/') + (isFolder ? '/' : '');
}

/** Opened for each read, so that a data set holds nothing that somebody must remember to close. */
async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function refuseClimbers(root: string, entries: readonly ZipEntry[]): void {
  for (const { path } of entries) {
    if (/^([a-z]:|[\\/])/i.test(path) || path.split(/[\\/]/).includes('..')) {
      throw new SightlineError(
        'zip',
        `The archive ${root} names a file outside of itself, ${shown(path)}. It is not used.`,
      );
    }
  }
}

function listingOf(entries: ReadonlyMap<string, ZipEntry>): Listing {
  const files: FileEntry[] = [];
  const folders = new Set<string>();
  for (const [path, { size }] of entries) {
    const parts = path.split('/').filter((part) => part !== '');
    if (parts.some(isHiddenName)) continue;
    const depth = path.endsWith('/') ? parts.length : parts.length - 1;
    for (let i = 1; i <= depth; i++) folders.add(parts.slice(0, i).join('/'));
    if (!path.endsWith('/')) files.push({ path, size });
  }
  return { files, folders: [...folders] };
}

async function readEntry(file: FileHandle, entry: ZipEntry | undefined): Promise<Uint8Array<ArrayBuffer>> {
  if (entry === undefined) throw new Error('it is not in the archive');
  if (entry.encrypted) throw new Error('it is encrypted');
  if (entry.size > MAX_FILE_BYTES)
    throw new Error(`it unpacks to ${entry.size} bytes, more than ${MAX_FILE_BYTES}`);
  if (entry.size > LARGE_FILE_BYTES && entry.size > MAX_RATIO * entry.packedSize)
    throw new Error(`it unpacks to ${entry.size} bytes from ${entry.packedSize}, as no picture does`);
  const { size: fileSize } = await file.stat();
  const header = Buffer.alloc(LOCAL_HEADER_BYTES);
  if (entry.offset + header.length > fileSize) throw new Error('the archive is cut short there');
  await file.read(header, 0, header.length, entry.offset);
  if (header.readUInt32LE(0) !== LOCAL_HEADER) throw new Error('the archive is damaged there');
  const start = entry.offset + header.length + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + entry.packedSize > fileSize) throw new Error('the archive is cut short there');
  const packed = Buffer.alloc(entry.packedSize);
  const { bytesRead } = await file.read(packed, 0, packed.length, start);
  if (bytesRead !== packed.length) throw new Error('the archive is cut short there');
  const data = await unpack(packed, entry);
  if (data.length !== entry.size || crc32(data) !== entry.crc)
    throw new Error('the archive is damaged there');
  return data;
}

async function unpack(packed: Buffer<ArrayBuffer>, { method, size }: ZipEntry): Promise<Buffer<ArrayBuffer>> {
  if (method === STORED) return packed;
  if (method !== DEFLATED)
    throw new Error(`it is packed by method ${method}; only stored and deflated files are read`);
  try {
    return (await promisify(inflateRaw)(packed, {
      maxOutputLength: Math.max(size, 1),
    })) as Buffer<ArrayBuffer>;
  } catch (error) {
    const bomb = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new Error(
      bomb ? `it unpacks to more than the ${size} bytes it says` : 'the archive is damaged there',
    );
  }
}
