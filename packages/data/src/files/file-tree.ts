// A tree of files, wherever it is kept: a folder or a zip. Paths are relative and use `/`.

import { basename, extname } from 'node:path/posix';

export interface FileEntry {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** What changes when a file does: its bytes, times of content and of status in milliseconds, and its inode. */
export type FileStamp = readonly [size: number, modified: number, changed: number, inode: number];

export interface Listing {
  readonly files: readonly FileEntry[];
  /** Every folder, also those without files: a class folder may be empty. */
  readonly folders: readonly string[];
}

export interface FileTree {
  readonly root: string;
  list(): Promise<Listing>;
  /** The file's bytes. Throws what the system throws: callers say which file it was. */
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Where files are files of their own. */
  readonly disk?: {
    /** The folder that paths are relative to. */
    readonly folder: string;
    /** As it was when the tree was listed, or as it is, where it was not; undefined where there is no such file. */
    stamp(path: string): FileStamp | undefined;
  };
}

/** File name endings of the formats that the decoders read. */
const IMAGE_EXTENSIONS = new Set([
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.png',
  '.webp',
  '.avif',
  '.gif',
  '.tif',
  '.tiff',
  '.bmp',
]);

/** Whether a file counts as an image by its name; what is in it shows when it is decoded. */
export function isImageName(path: string): boolean {
  return IMAGE_EXTENSIONS.has(extname(path).toLowerCase());
}

/** Files and folders that systems leave behind and nobody means as data. */
export function isHiddenName(path: string): boolean {
  const name = basename(path);
  return name.startsWith('.') || name === '__MACOSX' || name === 'Thumbs.db' || name === 'desktop.ini';
}

/** Compares by code units: the same on every machine, whatever its locale. */
export const byCodeUnit = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
