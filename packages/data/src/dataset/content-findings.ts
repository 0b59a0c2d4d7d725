// What equal contents show: the same image twice, in two splits or under two labels.

import { hash } from 'node:crypto';
import { listed, shown } from '@sightline/core';
import { SPLIT_NAMES, type SplitName } from './dataset.ts';
import { bySize, type Finding, finding, named } from './findings.ts';

export interface UsedImage {
  readonly path: string;
  readonly className: string;
  /** sha256 of the file. */
  readonly hash: string;
  /** The split that the image is in, or that it will be drawn into for training. */
  readonly use: SplitName;
}

/** Files of no bytes are no images, let alone the same one. */
const EMPTY = hash('sha256', '');

const distinct = <T>(values: readonly T[]) => [...new Set(values)];

/** The splits that images are in, in the order in which they are used. */
export const splitsIn = (images: readonly Pick<UsedImage, 'use'>[]): SplitName[] =>
  SPLIT_NAMES.filter((name) => images.some(({ use }) => use === name));

/** A finding for each group of equal images. */
export function contentFindings(images: readonly UsedImage[]): Finding[] {
  const groups = [...Map.groupBy(images, (image) => image.hash)]
    .filter(([key, { length }]) => length > 1 && key !== EMPTY)
    .map(([, group]) => group);
  const classesIn = (group: readonly UsedImage[]) => distinct(group.map(({ className }) => className));
  const conflicting = groups.filter((group) => classesIn(group).length > 1).flat().length;
  const leaked = groups.filter((group) => splitsIn(group).length > 1).flat();
  const conflict = bySize(conflicting, images.length);
  const leak = bySize(heldOut(leaked), heldOut(images));
  return groups.flatMap((group) => {
    const paths = group.map(({ path }) => path);
    const [classes, splits] = [classesIn(group), splitsIn(group)];
    const found: Finding[] = [];
    if (classes.length > 1)
      found.push(
        finding(
          'label-conflict',
          `The same image is labeled ${listed(classes.map(shown))}: ${named(paths)}.`,
          paths,
          conflict,
        ),
      );
    if (splits.length > 1)
      found.push(finding('leak', `The same image is in ${listed(splits)}: ${named(paths)}.`, paths, leak));
    if (found.length > 0) return found;
    return [finding('duplicate', `${group.length} identical copies: ${named(paths)}.`, paths)];
  });
}

/** Images that are not trained on. */
export const heldOut = (images: readonly Pick<UsedImage, 'use'>[]) =>
  images.filter(({ use }) => use !== 'train').length;
