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

/** Pictures in formats that are not read, by file name ending. */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ...['.heic', '.heif', '.hif'].map((ending): [string, string] => [ending, 'HEIC']),
  ['.jxl', 'JPEG XL'],
  ['.jp2', 'JPEG 2000'],
  ['.svg', 'SVG'],
  ['.psd', 'PSD'],
  ['.dcm', 'DICOM'],
  ...['.cr2', '.cr3', '.nef', '.arw', '.dng', '.orf', '.rw2', '.raf'].map((ending): [string, string] => [
    ending,
    'raw camera data',
  ]),
]);

/** The format of a picture that is not read, by its name; undefined for images and for all else. */
export const unsupportedFormat = (path: string): string | undefined =>
  UNSUPPORTED.get(extname(path).toLowerCase());

/** What desktop systems, NAS devices and archivers leave behind: trash, thumbnails, indexes. In lower case. */
const LEFT_BEHIND = new Set([
  '__macosx',
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  'icon\r',
  '@eadir',
  '#recycle',
  '#snapshot',
  '@recycle',
  '@recently-snapshot',
  '$recycle.bin',
  'recycler',
  'system volume information',
  'lost+found',
  'network trash folder',
  'temporary items',
]);

/** Whether nobody means a file or folder as data: hidden, or left behind by a system. */
export function isHiddenName(path: string): boolean {
  const name = basename(path);
  return name.startsWith('.') || LEFT_BEHIND.has(name.toLowerCase());
}

/** Compares by code units: the same on every machine, whatever its locale. */
export const byCodeUnit = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
