// The clean list of a check: which images are left when everything that is held against them is heeded, and why the
// others are not. Nothing is deleted: the rows are a table that openDataset reads.

import { shown } from '@sightline/core';
import type { TableRow } from '../dataset/table.ts';
import type { CheckReport, Finding, FindingKind } from './report.ts';

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
}

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
    images.map(({ path, split }, i) => [
      path,
      split === 'train' || split === undefined ? i : images.length + i,
    ]),
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
    rows: images
      .filter(({ path }) => !left.has(path))
      .map(({ path, className, split }) =>
        split === undefined ? { path, label: className } : { path, label: className, split },
      ),
    leftOut: [...new Set(images.flatMap(({ path }) => left.get(path) ?? []))],
  };
}
