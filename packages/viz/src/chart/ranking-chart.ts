// How well scores put the images of a class before the others, over all thresholds: ROC curves, or precision-recall
// curves, with their areas. A curve is drawn for each split, or for each class where there are more than two.

import * as Plot from '@observablehq/plot';
import { SightlineError } from '@sightline/core';
import { acrossTitle, chartTitle, MARGIN, margins, quietAxis, scaleUp } from './frame.ts';
import { renderChart } from './svg.ts';
import { color, formatShare } from './theme.ts';

export interface RankingCurve {
  /** What the curve is of: `validation`, or a class. */
  name: string;
  /** Whose color it has. */
  split: 'training' | 'validation';
  /** From the highest threshold down, 0 to 1: false positive and true positive rates, or recalls and precisions. */
  x: readonly number[];
  y: readonly number[];
  area: number;
  /** The 95% interval of the area. */
  interval?: readonly [low: number, high: number];
}

export interface RankingChartOptions {
  kind: 'roc' | 'precision-recall';
  /** Whose images are to be found, where all curves are of one class. */
  positive?: string;
  /** A point to mark: where a threshold lies on the curves of a split. */
  mark?: { x: number; y: number; text: string };
  /** What chance gives: the diagonal for ROC, this precision for precision-recall. */
  chance?: number;
  /** Pixels. Default: 540 x 400. */
  width?: number;
  height?: number;
}

/** More curves than these are told by a table: the highest and the lowest are named here. */
const MOST_NAMES = 6;
const lineHeight = 18;

const words = {
  roc: { name: 'ROC', title: 'ROC: true positive rate', x: 'false positive rate', area: 'area' },
  'precision-recall': {
    name: 'Precision-recall',
    title: 'Precision by recall',
    x: 'recall',
    area: 'average precision',
  },
} as const;

/** The chart as SVG. Throws a SightlineError where there is no curve. */
export function rankingChart(curves: readonly RankingCurve[], options: RankingChartOptions): string {
  const { kind, positive, mark, chance, width = 540, height = 400 } = options;
  if (curves.length === 0)
    throw new SightlineError('empty', 'A chart of curves over thresholds needs at least one, and none came.');
  const word = words[kind];
  const isMany = curves.length > MOST_NAMES;
  const names = legend(curves, word.area);
  const of = positive ? ` of ${positive}` : '';
  const baseline = chanceLine(kind, chance);
  return renderChart({
    width,
    height,
    ...margins(MARGIN),
    ariaLabel: `${word.name} curves${of}`,
    ariaDescription: `${upperFirst(word.area)}: ${names.map(({ text }) => text).join('; ')}.`,
    x: { domain: [0, 1], label: null },
    y: { domain: [0, 1], label: null },
    marks: [
      scaleUp(),
      Plot.axisX({ ticks: 5, ...quietAxis }),
      Plot.line(baseline, { x: 'x', y: 'y', stroke: color.muted, strokeDasharray: '3 3' }),
      [...curves]
        .sort((a, b) => Number(a.split === 'validation') - Number(b.split === 'validation'))
        .map((curve) =>
          Plot.line(
            curve.x.map((x, i) => ({ x, y: curve.y[i] ?? 0 })),
            {
              x: 'x',
              y: 'y',
              // Average precision adds up rectangles: between two thresholds the precision is the later one's.
              curve: kind === 'roc' ? 'linear' : 'step-before',
              stroke: color[curve.split],
              strokeWidth: isMany ? 1.2 : curve.split === 'training' ? 1.5 : 2.2,
              strokeOpacity: isMany ? 0.55 : 1,
              title: () => `${curve.name} ${formatShare(curve.area)}`,
            },
          ),
        ),
      mark ? markAt(mark) : [],
      names.map(({ text, stroke }, i) =>
        Plot.text([text], {
          frameAnchor: kind === 'roc' ? 'bottom-right' : 'bottom-left',
          textAnchor: kind === 'roc' ? 'end' : 'start',
          dx: kind === 'roc' ? -8 : 8,
          dy: -10 - (names.length - 1 - i) * lineHeight,
          fill: stroke,
          fontWeight: 600,
          stroke: color.paper,
          strokeWidth: 5,
        }),
      ),
      chartTitle(word.title),
      acrossTitle(word.x),
    ],
    color: { type: 'identity' },
  });
}

function chanceLine(kind: RankingChartOptions['kind'], chance: number | undefined) {
  if (kind === 'roc') return [0, 1].map((at) => ({ x: at, y: at }));
  return chance === undefined ? [] : [0, 1].map((x) => ({ x, y: chance }));
}

/** A line a curve, validation and large areas first; of very many the three highest and the three lowest. */
function legend(curves: readonly RankingCurve[], area: string): { text: string; stroke: string }[] {
  const lines = [...curves]
    .sort((a, b) => (a.split === b.split ? b.area - a.area : a.split === 'validation' ? -1 : 1))
    .map((curve) => {
      const between = curve.interval ? ` (${curve.interval.map(formatShare).join('–')})` : '';
      return { text: `${curve.name} ${formatShare(curve.area)}${between}`, stroke: color[curve.split] };
    });
  if (lines.length <= MOST_NAMES) return lines;
  const half = MOST_NAMES / 2;
  const between = { text: `… ${lines.length - MOST_NAMES} more by ${area} …`, stroke: color.muted };
  return [...lines.slice(0, half), between, ...lines.slice(-half)];
}

function markAt({ x, y, text }: NonNullable<RankingChartOptions['mark']>) {
  const isAtEdge = x > 0.65;
  return [
    Plot.dot([{ x, y }], {
      x: 'x',
      y: 'y',
      r: 4.5,
      fill: color.paper,
      stroke: color.ink,
      strokeWidth: 1.6,
      title: () => text,
    }),
    Plot.text([{ x, y }], {
      x: 'x',
      y: 'y',
      text: () => text,
      dx: isAtEdge ? -9 : 9,
      dy: isAtEdge ? 14 : 10,
      textAnchor: isAtEdge ? 'end' : 'start',
      fontSize: 12,
      stroke: color.paper,
      strokeWidth: 5,
      fill: color.ink,
    }),
  ];
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
