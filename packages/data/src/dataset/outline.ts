// What is at a path: which images there are, of which class, split and group, before their contents are looked at.

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, extname, isAbsolute, join, relative, sep } from 'node:path';
import { listed, reasonOf, SightlineError, shown } from '@sightline/core';
import type { FileTree, Listing } from '../files/file-tree.ts';
import { folderTree } from '../files/folder-tree.ts';
import { zipTree } from '../files/zip-tree.ts';
import { readClassesFile } from './class-order.ts';
import { layoutOf, type PlacedFile } from './layout.ts';
import { openSprites, SPRITES_FILE } from './sprite-tree.ts';
import { readTable, type TableColumns } from './table.ts';

export interface OutlineOptions {
  /** Classes to leave out. */
  readonly ignoreClasses?: readonly string[] | undefined;
  /**
   * A regular expression on the path, whose first group (or whole match) names the image's group, such as the object, camera
   * or patient; images of one group stay in one split when it is drawn. An image without a match is by itself.
   */
  readonly group?: string | undefined;
  /** The columns of a table. Default: the usual names, such as path or file, label or class, split, group. */
  readonly columns?: TableColumns | undefined;
}

export interface Outline {
  readonly files: FileTree;
  readonly placed: readonly PlacedFile[];
  readonly classNames: readonly string[];
  /** An order that the data set itself brings. */
  readonly givenClasses: readonly string[] | undefined;
  readonly emptyClasses: readonly string[];
  readonly ignored: readonly string[];
}

/** Finds out what is at `root` and which images it holds. Throws SightlineError as openDataset does. */
export async function outlineOf(root: string, options: OutlineOptions = {}): Promise<Outline> {
  return grouped(withoutClasses(root, await foundAt(root, options), options.ignoreClasses), options.group);
}

async function foundAt(root: string, { columns }: OutlineOptions): Promise<Outline> {
  const kind = extname(root).toLowerCase();
  const isFile = await stat(root).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isFile && ['.csv', '.tsv', '.jsonl'].includes(kind)) return tableOutline(root, columns);
  const files = isFile && kind === '.zip' ? await zipTree(root) : folderTree(root);
  const listing = await files.list();
  const sprites = spritesFolder(listing);
  if (sprites !== undefined) return spriteOutline(sprites === '' ? files : within(files, sprites));
  const { files: placed, classNames, emptyClasses, ignored } = layoutOf(root, listing);
  const paths = listing.files.map(({ path }) => path);
  const givenClasses = await readClassesFile(files, paths);
  return { files, placed, classNames, givenClasses, emptyClasses, ignored };
}

function withoutClasses(root: string, outline: Outline, ignored: readonly string[] = []): Outline {
  if (ignored.length === 0) return outline;
  const { classNames, placed, givenClasses, emptyClasses } = outline;
  const unknown = ignored.filter((name) => !classNames.includes(name));
  if (unknown.length > 0) {
    throw new SightlineError(
      'option',
      `${root} has no class ${listed(unknown.map(shown), 'or')} to leave out. It has ${listed(classNames.map(shown))}.`,
    );
  }
  const isKept = (name: string) => !ignored.includes(name);
  return {
    ...outline,
    classNames: classNames.filter(isKept),
    placed: placed.filter(({ className }) => isKept(className)),
    givenClasses: givenClasses?.filter(isKept),
    emptyClasses: emptyClasses.filter((folder) => isKept(folder.split('/').at(-1)!)),
  };
}

function grouped(outline: Outline, pattern: string | undefined): Outline {
  if (pattern === undefined) return outline;
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch (error) {
    throw new SightlineError(
      'option',
      `The group must be a regular expression, not ${pattern} (${reasonOf(error)}).`,
    );
  }
  const placed = outline.placed.map((file) => {
    const match = expression.exec(file.path);
    return match === null ? file : { ...file, group: match[1] ?? match[0] };
  });
  if (placed.length > 0 && placed.every(({ group }) => group === undefined)) {
    throw new SightlineError(
      'option',
      `The group ${pattern} matches no path, such as ${shown(placed[0]!.path)}.`,
    );
  }
  return { ...outline, placed };
}

/** The folder that describes sprites: the root, or the one folder that an archive leaves around it all. */
function spritesFolder({ files, folders }: Listing): string | undefined {
  const [only, ...others] = folders.filter((folder) => !folder.includes('/'));
  const places = only !== undefined && others.length === 0 ? ['', `${only}/`] : [''];
  return places.find((place) => files.some(({ path }) => path === `${place}${SPRITES_FILE}`));
}

/** The part of a tree whose paths begin so; for reading alone. */
function within(files: FileTree, place: string): FileTree {
  return { root: join(files.root, place), list: files.list, read: (path) => files.read(`${place}${path}`) };
}

async function spriteOutline(folder: FileTree): Promise<Outline> {
  const { files, placed, classes } = await openSprites(folder);
  return { files, placed, classNames: classes, givenClasses: classes, emptyClasses: [], ignored: [] };
}

async function tableOutline(root: string, columns: TableColumns | undefined): Promise<Outline> {
  const folder = dirname(root);
  const place = (path: string) =>
    isAbsolute(path) ? relative(folder, path).split(sep).join('/') : slashed(folder, path);
  const read = await readTable(root, columns);
  // A row that is there twice adds nothing.
  const rows = [...new Map(read.map((row) => [JSON.stringify(row), row])).values()];
  const placed = rows.map(({ path, label, split, group }) => ({
    path: place(path),
    size: 0,
    className: label,
    split,
    ...(group !== undefined && { group }),
  }));
  return {
    files: { ...folderTree(folder), root },
    placed,
    classNames: [...new Set(rows.map(({ label }) => label))],
    givenClasses: undefined,
    emptyClasses: [],
    ignored: [],
  };
}

/** A path as Windows writes it, unless there is a file of that very name. */
function slashed(folder: string, path: string): string {
  return path.includes('\\') && !existsSync(join(folder, path)) ? path.replaceAll('\\', '/') : path;
}
