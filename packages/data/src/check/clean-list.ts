// The clean list of a check: the images that passed, and why the others did not. Nothing is deleted: the rows are a table
// that openDataset reads.

import { shown } from '@sightline/core';
import type { Finding, FindingKind } from '../dataset/findings.ts';
import type { TableRow } from '../dataset/table.ts';
import type { CheckReport } from './report.ts';

/** An image that a clean list leaves out. */
export interface LeftOut {
  readonly path: string;
  /** Which finding it was. */
  readonly kind: FindingKind;
  /** A clause that goes on after the path: 'the same image as "a/1.png"'. */
  readonly because: string;
}

export interface CleanList {
  readonly rows: readonly TableRow[];
  /** In the order of the report's images. */
  readonly leftOut: readonly LeftOut[];
  /** Classes that lose more than 5 % of their images, copies and damaged files apart: to be looked at first. */
  readonly losses: readonly ClassLoss[];
}

export interface ClassLoss {
  readonly className: string;
  readonly images: number;
  /** Without damaged files and copies within a split, with which nothing is lost. */
  readonly leftOut: number;
}

/** A class that loses more than this has look-alikes by its nature, or is a copy of another. */
const NOTABLE_LOSS = 0.05;

/** Findings of which one image stays: the first, in the training split if one is there. */
const ONE_STAYS: Partial<Record<FindingKind, string>> = {
  duplicate: 'the same image as',
  leak: 'the same image as',
  'near-leak': 'looks like',
};

/**
 * Leaves out what cannot be read, what stands under two labels, and of equal images, and of those that look alike in
 * two splits, all but one.
 */
export function cleanList({ images, findings }: CheckReport): CleanList {
  const left = new Map<string, LeftOut>();
  const leave = (path: string, { kind }: Finding, because: string) => {
    if (!left.has(path)) left.set(path, { path, kind, because });
  };
  const rank = new Map(
    images.map(({ path, use }, i) => [path, use === 'train' || use === undefined ? i : images.length + i]),
  );
  for (const found of findings) {
    const { kind, paths } = found;
    const others = (path: string) =>
      paths
        .filter((other) => other !== path)
        .map(shown)
        .join(', ');
    if (kind === 'unreadable') for (const path of paths) leave(path, found, 'it cannot be read');
    if (kind === 'label-conflict')
      for (const path of paths)
        leave(path, found, ['the same image under another label', others(path)].filter(Boolean).join(': '));
    const words = ONE_STAYS[kind];
    if (words === undefined) continue;
    const [stays, ...go] = paths
      .filter((path) => !left.has(path))
      .sort((a, b) => rank.get(a)! - rank.get(b)!);
    for (const path of go) leave(path, found, `${words} ${shown(stays!)}`);
  }
  return {
    // The split that was checked, also where it was drawn: drawn again without some images, it would be another.
    rows: images
      .filter(({ path }) => !left.has(path))
      .map(({ path, className, use, group }) => ({
        path,
        label: className,
        ...(use && { split: use }),
        ...(group !== undefined && { group }),
      })),
    leftOut: [...new Set(images.flatMap(({ path }) => left.get(path) ?? []))],
    losses: lossesOf(images, left),
  };
}

/** Findings whose images nobody misses. */
const NO_LOSS: readonly FindingKind[] = ['unreadable', 'duplicate'];

const isLoss = (left: LeftOut | undefined) => left !== undefined && !NO_LOSS.includes(left.kind);

function lossesOf(images: CheckReport['images'], left: ReadonlyMap<string, LeftOut>): ClassLoss[] {
  return [...Map.groupBy(images, ({ className }) => className)]
    .map(([className, members]) => ({
      className,
      images: members.length,
      leftOut: members.filter(({ path }) => isLoss(left.get(path))).length,
    }))
    .filter(({ images: count, leftOut }) => leftOut > 1 && leftOut > NOTABLE_LOSS * count);
}
