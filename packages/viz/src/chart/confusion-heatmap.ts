// A confusion matrix of many classes as a heat map: a row per true class, a column per predicted class. What lies on
// the diagonal is correct, all else a mistake. Empty cells are left out, so that a hundred classes stay a small file.

import { SightlineError } from '@sightline/core';
import { escapeXml } from './svg.ts';
import { color } from './theme.ts';

export interface ConfusionHeatmapOptions {
  /** Class indices in the order of the rows and columns. Default: the order of `classes`. */
  order?: readonly number[];
  /** Where a cell leads. */
  href?: (label: number, predicted: number) => string;
  /** Pixels; the height follows. Default: 760. */
  width?: number;
}

/** Room for class names, where cells are large enough for them. */
const NAMES = 150;
/** Pixels of a cell from which names beside it can be read. */
const READABLE = 10;

/** The heat map of `counts` [label][predicted] as SVG. Throws a SightlineError where there is no class. */
export function confusionHeatmap(
  counts: readonly (readonly number[])[],
  classes: readonly string[],
  { order = classes.map((_, k) => k), href, width = 760 }: ConfusionHeatmapOptions = {},
): string {
  if (classes.length === 0)
    throw new SightlineError('empty', 'A confusion matrix needs at least one class, and none came.');
  const hasNames = (width - NAMES) / classes.length >= READABLE;
  const [left, top] = hasNames ? [NAMES, NAMES] : [18, 18];
  const cell = Math.floor(((width - left - 2) / classes.length) * 4) / 4;
  const side = cell * classes.length;
  const totals = counts.map((row) => row.reduce((total, count) => total + count, 0));
  const cells = order.flatMap((label, y) =>
    order.flatMap((predicted, x) => {
      const count = counts[label]![predicted]!;
      if (count === 0) return [];
      const words = `${count} of ${totals[label]} images of ${classes[label]} predicted as ${classes[predicted]}`;
      const share = count / totals[label]!;
      // A square root: a single mistake must still be seen.
      const opacity = Math.max(0.12, Math.sqrt(share)).toFixed(2);
      const paint = label === predicted ? color.validation : color.warning;
      const gap = cell > 5 ? 1 : 0.25;
      const rect = `<rect x="${left + x * cell}" y="${top + y * cell}" width="${cell - gap}" height="${cell - gap}" fill="${paint}" fill-opacity="${opacity}"><title>${escapeXml(words)}</title></rect>`;
      if (!href) return [rect];
      // Not a stop of the Tab key: the list of pairs beside the matrix leads to the same places.
      return [
        `<a href="${escapeXml(href(label, predicted))}" tabindex="-1" aria-label="${escapeXml(words)}">${rect}</a>`,
      ];
    }),
  );
  const correct = counts.reduce((total, row, k) => total + row[k]!, 0);
  const total = totals.reduce((all, count) => all + count, 0);
  const names = hasNames ? order.flatMap((k, i) => nameAt(classes[k]!, left, top, i, cell)) : [];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${href ? '' : 'role="img" '}width="${width}" height="${top + side + 2}" viewBox="0 0 ${width} ${top + side + 2}" fill="currentColor" font-family="inherit" font-size="13px"`,
    ` aria-label="Confusion matrix of ${classes.length} classes" aria-description="${correct} of ${total} images lie on the diagonal: they are predicted correctly.">`,
    `<rect x="${left}" y="${top}" width="${side}" height="${side}" fill="none" stroke="${color.grid}"/>`,
    `<text x="${left}" y="12" fill="${color.muted}" font-size="12">predicted →</text>`,
    hasNames
      ? `<text x="0" y="${top - 8}" fill="${color.muted}" font-size="12">true ↓</text>`
      : `<text transform="translate(12 ${top + 4}) rotate(90)" fill="${color.muted}" font-size="12">true →</text>`,
    ...names,
    ...cells,
    '</svg>',
  ].join('');
}

function nameAt(name: string, left: number, top: number, i: number, cell: number): string[] {
  const size = Math.min(12, cell - 1);
  const letters = [...name];
  const most = Math.floor((NAMES - 14) / (size * 0.62));
  const text = escapeXml(letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : name);
  const middle = (i + 0.5) * cell + size * 0.35;
  return [
    `<text x="${left - 6}" y="${(top + middle).toFixed(1)}" text-anchor="end" font-size="${size}">${text}</text>`,
    `<text transform="translate(${(left + middle).toFixed(1)} ${top - 6}) rotate(-90)" font-size="${size}">${text}</text>`,
  ];
}
