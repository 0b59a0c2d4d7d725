// A tree of files, wherever it is kept: a folder or a zip. Paths are relative and use `/`.

import { basename, extname } from 'node:path/posix';

export interface FileEntry {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

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
