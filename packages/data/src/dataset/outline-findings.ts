// What the names of classes, folders and files show, before any image is read.

import { extname } from 'node:path/posix';
import { counted, shown } from '@sightline/core';
import { isImageName, unsupportedFormat } from '../files/file-tree.ts';
import { type Finding, finding, named } from './findings.ts';
import { kindsInWords, type PlacedFile } from './layout.ts';
import type { Outline } from './outline.ts';

type Check = (outline: Outline) => Finding[];

const emptyClasses: Check = (outline) =>
  outline.emptyClasses.map((folder) =>
    finding(
      'layout',
      `The class folder ${named([folder])} holds no images. Add some, or remove the folder.`,
      [folder],
    ),
  );

const oneClass: Check = ({ classNames, placed }) => {
  if (classNames.length > 1) return [];
  const kinds = kindsInWords(placed.map(({ path }) => path));
  return [finding('layout', `There is one class only; training needs two or more.${kinds}`)];
};

/** Names that people and file systems take for one: Unicode forms, case, blanks. */
const sameNames: Check = ({ classNames }) => {
  const key = (name: string) => name.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase();
  return [...Map.groupBy(classNames, key).values()]
    .filter(({ length }) => length > 1)
    .map((names) =>
      finding(
        'same-name',
        `The classes ${named(names)} are one name but for case, blanks or Unicode form. Rename them to one, or to names that differ.`,
      ),
    );
};

/** The folder within the class folder that a file lies in; undefined where it lies in the class folder itself. */
function innerFolder({ path, classFolder }: PlacedFile): string | undefined {
  if (classFolder === undefined) return undefined;
  const [folder, ...rest] = path.slice(classFolder.length + 1).split('/');
  return rest.length === 0 ? undefined : folder;
}

/** Names of parts of a data set, which are no classes. */
const PART = /^(fold|split|part|batch|subset|set|cv|k)[-_ ]?\d+$/i;

/** Top folders that hold the same folders: parts of a data set, one level too high. */
const partsAsClasses: Check = ({ placed, classNames }) => {
  if (classNames.length < 2) return [];
  const inner = new Map(classNames.map((name) => [name, new Set<string>()]));
  let direct = 0;
  for (const file of placed) {
    const folder = innerFolder(file);
    if (folder === undefined) direct++;
    else inner.get(file.className)!.add(folder);
  }
  const [first, ...others] = [...inner.values()];
  const shared = [...first!].filter((folder) => others.every((folders) => folders.has(folder)));
  const most = Math.max(...[...inner.values()].map(({ size }) => size));
  if (direct > 0 || shared.length < 2 || shared.length < 0.8 * most) return [];
  const areParts = classNames.every((name) => PART.test(name));
  return [
    finding(
      'layout',
      `${named(classNames)} all hold the folders ${named(shared)}: these look like the classes, and those above like parts of the data set. Rename the upper ones to train, validation and test, or give a folder of classes.`,
      [],
      areParts ? 'error' : 'warning',
    ),
  ];
};

/** Classes with several folders in them, such as Fruit/Apple and Fruit/Pear. */
const nestedClasses: Check = (outline) => {
  if (partsAsClasses(outline).length > 0) return [];
  const below = new Map<string, Set<string>>();
  for (const file of outline.placed) {
    const folder = innerFolder(file);
    if (folder === undefined) continue;
    const folders = below.get(file.className) ?? new Set();
    below.set(file.className, folders.add(`${file.className}/${folder}`));
  }
  const nested = [...below].filter(([, folders]) => folders.size > 1);
  if (nested.length === 0) return [];
  const folders = nested.flatMap(([, names]) => [...names]);
  return [
    finding(
      'nested',
      `${counted(folders.length, 'folder')} (${named(folders)}) count as the ${counted(nested.length, 'class')} above them (${named(nested.map(([name]) => name))}). To tell them apart, put each beside the others.`,
    ),
  ];
};

/** Classes that a network could never learn, and classes that nothing measures. */
const classesInOneSplit: Check = ({ placed }) => {
  const classesOf = (...splits: (string | undefined)[]) =>
    new Set(placed.filter(({ split }) => splits.includes(split)).map(({ className }) => className));
  const trained = classesOf('train', undefined);
  // Without any, these are images to test with.
  if (trained.size === 0) return [];
  const all = [...new Set(placed.map(({ className }) => className))];
  const untrained = all.filter((name) => !trained.has(name));
  const findings = untrained.map((name) =>
    finding('layout', `The class ${named([name])} has no images for training.`),
  );
  const validated = classesOf('validation');
  if (validated.size === 0) return findings;
  const unseen = all.filter((name) => trained.has(name) && !validated.has(name));
  return [...findings, ...withoutValidation(unseen)];
};

/** For classes whose metrics cannot be measured. */
export function withoutValidation(classes: readonly string[]): Finding[] {
  if (classes.length === 0) return [];
  const [has, metrics] = classes.length === 1 ? ['has', 'its metrics'] : ['have', 'their metrics'];
  const message = `${counted(classes.length, 'class')} ${has} no validation images, so that ${metrics} are unknown: ${named(classes)}.`;
  return [finding('no-validation', message)];
}

/** The group of an image that is numbered within a series: its path up to the last number. */
export const SERIES_GROUP = '(.+)\\D\\d+\\.';
const NUMBERED = /^(.+)\D(\d+)\./;
/** Numbers of one series are this close to each other, in the mean: frames, one of which is kept per second. */
const MOST_APART = 30;
/** The share of the images from which on series are told. */
const NOTABLE_SHARE = 0.5;

/** Numbered images of one name among others of another: frames of a video, photos of an object. */
const seriesInBothSplits: Check = ({ placed }) => {
  if (placed.some(({ split, group }) => split === 'validation' || group !== undefined)) return [];
  const trained = placed.filter(({ split }) => split !== 'test');
  const series = [...Map.groupBy(trained, ({ className }) => className).values()].flatMap((ofClass) => {
    const found = seriesIn(ofClass);
    // A class of one series cannot be divided.
    return found.length > 1 ? found : [];
  });
  const count = series.reduce((sum, { length }) => sum + length, 0);
  if (count === 0 || count < NOTABLE_SHARE * trained.length) return [];
  const longest = series.reduce((most, each) => (each.length > most.length ? each : most));
  const message = `${counted(count, 'image')} are numbered in ${counted(series.length, 'series', 'series')}, such as ${shown(longest[0]!)} to ${shown(longest.at(-1)!)}. Frames of one video, or photos of one object, on both sides of the split make the accuracy look higher than it is. Keep each series on one side: --group '${SERIES_GROUP}'`;
  return [finding('series', message)];
};

/** Series of two images and more, each in the order of its numbers. */
function seriesIn(files: readonly PlacedFile[]): string[][] {
  const numbered = files.flatMap(({ path, classFolder }) => {
    const [, name, number] = NUMBERED.exec(path.slice((classFolder?.length ?? -1) + 1)) ?? [];
    // Without a number of its own, a name is rather that of a kind: maine_coon_1.jpg.
    return name !== undefined && /\d/.test(name) ? [{ path, name, number: Number(number) }] : [];
  });
  return [...Map.groupBy(numbered, ({ name }) => name).values()].flatMap((each) => {
    const ordered = each.sort((a, b) => a.number - b.number);
    const span = ordered.at(-1)!.number - ordered[0]!.number;
    if (each.length < 2 || span > MOST_APART * each.length) return [];
    return [ordered.map(({ path }) => path)];
  });
}

/** Photographs that would be images if their format were read. */
const unsupportedFormats: Check = ({ ignored }) => {
  const byFormat = Map.groupBy(ignored, (path) => unsupportedFormat(path) ?? '');
  byFormat.delete('');
  return [...byFormat].map(([format, paths]) =>
    finding(
      'unsupported',
      `${counted(paths.length, 'file')} of the format ${format}, which is not read: ${named(paths)}. Save them as JPEG or PNG.`,
      paths,
    ),
  );
};

const ownFiles = (path: string) => path === 'classes.json' || path.endsWith('.lock.json');

/** Images that nothing is trained or measured on: in a folder beside those of splits, or beside those of classes. */
const unusedImages: Check = ({ ignored }) => {
  const paths = ignored.filter((path) => isImageName(path) && !ownFiles(path));
  if (paths.length === 0) return [];
  const [lie, are] = paths.length === 1 ? ['lies', 'is'] : ['lie', 'are'];
  return [
    finding(
      'ignored',
      `${counted(paths.length, 'image')} ${lie} outside of the class folders and ${are} not used: ${named(paths)}. Folders of splits are called train, validation and test.`,
      paths,
    ),
  ];
};

const ignoredFiles: Check = ({ ignored }) =>
  ignored
    .filter((path) => !ownFiles(path) && !isImageName(path) && unsupportedFormat(path) === undefined)
    .map((path) => {
      const why = extname(path) === '' ? 'it is no image by its name' : `${extname(path)} is no image`;
      return finding('ignored', `${named([path])} is not used: ${why}.`, [path]);
    });

/** Errors and warnings that stand before those of contents. */
const CHECKS: readonly Check[] = [
  emptyClasses,
  oneClass,
  sameNames,
  partsAsClasses,
  nestedClasses,
  seriesInBothSplits,
  classesInOneSplit,
  unsupportedFormats,
  unusedImages,
];

export const outlineFindings = (outline: Outline): Finding[] => CHECKS.flatMap((check) => check(outline));

/** For a check alone: files that nobody takes for images. */
export const ignoredFindings = (outline: Outline): Finding[] => ignoredFiles(outline);
