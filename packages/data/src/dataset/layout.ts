// From paths to classes and splits, by the names of folders alone. Two layouts:
//   <class>/…                       the split is drawn from contents later
//   train|validation|test/<class>/… the split is given
// What lies deeper than the class folder belongs to that class. A single folder around it all is stepped into.

import { integer, listed, SightlineError, shown } from '@sightline/core';
import { isImageName, type Listing, unsupportedFormat } from '../files/file-tree.ts';
import { type SplitName, splitCalled } from './dataset.ts';
import { named } from './findings.ts';

export interface PlacedFile {
  readonly path: string;
  readonly size: number;
  readonly className: string;
  /** Undefined where the layout has no splits. */
  readonly split: SplitName | undefined;
  /** The folder of the class, where folders are classes. */
  readonly classFolder?: string;
  /** Images of one group stay in one split when it is drawn. */
  readonly group?: string | undefined;
}

export interface Layout {
  readonly files: readonly PlacedFile[];
  readonly classNames: readonly string[];
  /** Class folders without an image. */
  readonly emptyClasses: readonly string[];
  /** Files in the tree that are not images by name, or lie outside of every class folder. */
  readonly ignored: readonly string[];
}

const ARCHIVE = /\.(zip|tar|tgz|gz|7z|rar)$/i;

/**
 * Sorts a listing's image files into classes and splits. Throws SightlineError `empty` where there is no image in a
 * class folder at all.
 */
export function layoutOf(root: string, listing: Listing): Layout {
  const images = listing.files.filter(({ path }) => isImageName(path));
  if (images.length === 0) {
    const formats = [...new Set(listing.files.flatMap(({ path }) => unsupportedFormat(path) ?? []))];
    const archives = listing.files.map(({ path }) => path).filter((path) => ARCHIVE.test(path));
    const found =
      archives.length > 0
        ? `they may be in ${named(archives)}, which must be unpacked first`
        : formats.length > 0
          ? `its pictures are ${listed(formats)}, which is not read; save them as JPEG or PNG`
          : listing.files.length === 0
            ? 'it is empty'
            : listing.files.length === 1
              ? 'its only file is not an image'
              : `none of its ${integer(listing.files.length)} files is an image`;
    throw new SightlineError(
      'empty',
      `There are no images in ${root}: ${found}. Expected ${root}/<class>/*.jpg or ${root}/train/<class>/*.jpg.`,
    );
  }
  const paths = images.map(({ path }) => path);
  const base = wrappingFolder(listing, paths);
  const isSplit = splitFolders(listing, paths, base);
  const parents = isSplit ? splitParents(listing, paths, base) : new Map([[base, undefined]]);
  const classFolders = new Map<string, { className: string; split: SplitName | undefined; images: number }>();
  for (const [parent, split] of parents) {
    for (const className of childFolders(listing.folders, parent))
      classFolders.set(joined(parent, className), { className, split, images: 0 });
  }
  const files: PlacedFile[] = [];
  const placed = new Set<string>();
  for (const { path, size } of images) {
    const parts = path.split('/').slice(0, -1);
    // The class folder is the one of its ancestors that is one.
    const classFolder = parts
      .map((_, i) => parts.slice(0, i + 1).join('/'))
      .find((folder) => classFolders.has(folder));
    if (classFolder === undefined) continue;
    const place = classFolders.get(classFolder)!;
    place.images++;
    placed.add(path);
    files.push({ path, size, className: place.className, split: place.split, classFolder });
  }
  if (files.length === 0) {
    throw new SightlineError(
      'empty',
      `The images in ${root} lie in no class folder. Expected ${root}/<class>/*.jpg or ${root}/train/<class>/*.jpg.${kindsInWords(paths)}`,
    );
  }
  const emptyClasses = [...classFolders]
    .filter(([, { images: count }]) => count === 0)
    .map(([folder]) => folder);
  return {
    files,
    emptyClasses,
    classNames: [...new Set([...classFolders.values()].map(({ className }) => className))],
    ignored: listing.files.map(({ path }) => path).filter((path) => !placed.has(path)),
  };
}

/** Kinds that names tell apart, more of which are no classes but names of images. */
const MOST_KINDS = 100;

/** What to do with images whose names say what they show, as in cat.0.jpg and dog_12.png; empty where they do not. */
export function kindsInWords(paths: readonly string[]): string {
  const kinds = new Map<string, number>();
  for (const path of paths) {
    const kind = /([^/]*\p{L})[^/\p{L}]*\d[^/\p{L}]*\.[^./]+$/u.exec(path)?.[1];
    if (kind === undefined) return '';
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const names = [...kinds.keys()].sort();
  const isKinds = names.length > 1 && names.length <= MOST_KINDS && [...kinds.values()].every((n) => n > 1);
  if (!isKinds) return '';
  const [first] = names;
  const some =
    names.length > 4 ? [...names.slice(0, 3).map(shown), `${names.length - 3} more`] : names.map(shown);
  return ` Their names begin with ${listed(some)}: put each kind into a folder of its own, such as ${first}/*, or list them in a .csv table with the columns path and label.`;
}

/** The folders whose children are classes, by the folders of splits: often doubled, as in train/train/cat. */
function splitParents(
  listing: Listing,
  images: readonly string[],
  base: string,
): Map<string, SplitName | undefined> {
  const parents = new Map<string, SplitName | undefined>();
  for (const name of childFolders(listing.folders, base)) {
    const split = splitCalled(name);
    if (split === undefined) continue;
    let parent = joined(base, name);
    for (;;) {
      const [only, ...others] = childFolders(listing.folders, parent);
      if (only === undefined || others.length > 0 || splitCalled(only) !== split) break;
      if (hasDirectImages(images, joined(parent, only))) break;
      parent = joined(parent, only);
    }
    parents.set(parent, split);
  }
  return parents;
}

const joined = (base: string, name: string) => (base === '' ? name : `${base}/${name}`);

const inside = (path: string, base: string) => base === '' || path.startsWith(`${base}/`);

/** The children of a folder, by name. */
function childFolders(folders: readonly string[], base: string): string[] {
  const start = base === '' ? 0 : base.length + 1;
  return folders.filter((f) => inside(f, base) && !f.slice(start).includes('/')).map((f) => f.slice(start));
}

/** Steps into a folder that is alone and holds folders of images: what unpacking an archive leaves behind. */
function wrappingFolder({ folders }: Listing, images: readonly string[]): string {
  let base = '';
  for (;;) {
    const children = childFolders(folders, base);
    if (children.length !== 1) return base;
    const next = joined(base, children[0]!);
    const nested = childFolders(folders, next).some((child) =>
      images.some((path) => inside(path, `${next}/${child}`)),
    );
    if (!nested || splitCalled(children[0]!) !== undefined || hasDirectImages(images, next)) return base;
    base = next;
  }
}

const hasDirectImages = (images: readonly string[], folder: string) =>
  images.some((path) => inside(path, folder) && !path.slice(folder.length + 1).includes('/'));

/**
 * Whether the layout has splits: a folder for training whose images all lie in folders of their own, or, as in what
 * is kept for testing alone, no folder that is anything else. A class may be called `train` too: its images then lie
 * in it directly.
 */
function splitFolders({ folders }: Listing, images: readonly string[], base: string): boolean {
  const placeOf = (name: string) => joined(base, name);
  const holdsClasses = (name: string) =>
    childFolders(folders, placeOf(name)).length > 0 && !hasDirectImages(images, placeOf(name));
  const children = childFolders(folders, base);
  const training = children.filter((name) => splitCalled(name) === 'train');
  if (training.length > 0) return training.some(holdsClasses);
  const used = children.filter((name) => images.some((path) => inside(path, placeOf(name))));
  return used.length > 0 && used.every((name) => splitCalled(name) !== undefined && holdsClasses(name));
}
