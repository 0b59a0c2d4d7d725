// How sure a binary classifier is: its probabilities for the last class in twenty bins, the images of that class
// upward and those of the first class downward. A good classifier has two heaps far apart. Bar heights are square roots
// of counts: the few mistakes are what the chart is for, and beside hundreds of images they would be a pixel high.

import * as Plot from '@observablehq/plot';
import { SightlineError } from '@sightline/core';
import { acrossTitle, chartTitle, fitted, MARGIN, margins, quietAxis, scaleUp } from './frame.ts';
import { renderChart } from './svg.ts';
import { color } from './theme.ts';

export interface Score {
  /** The probability of the last class, 0 to 1. */
  score: number;
  /** Whether the image really is of the last class. */
  isLastClass: boolean;
}

export interface ScoreHistogramOptions {
  /** The names of the first class and of the last. */
  classes: readonly [first: string, last: string];
  /** From this probability on the answer is the last class. Default: 0.5. */
  threshold?: number;
  width?: number;
  height?: number;
}

const bins = 20;

/** The histogram as SVG. Throws a SightlineError where there is no score. */
export function scoreHistogram(scores: readonly Score[], options: ScoreHistogramOptions): string {
  if (scores.length === 0)
    throw new SightlineError('empty', 'A histogram of scores needs at least one, and none came.');
  const { classes, threshold = 0.5, width = 540, height = 300 } = options;
  const innerWidth = width - MARGIN.left - MARGIN.right - 12;
  const [first, last] = classes;
  const bars = [true, false].flatMap((isLastClass) => count(scores, isLastClass));
  const most = Math.max(...bars.map((bar) => Math.abs(bar.count)));
  const right = scores.filter(({ score, isLastClass }) => score >= threshold === isLastClass).length;
  return renderChart({
    width,
    height,
    ...margins(MARGIN),
    ariaLabel: `Probability of ${last} for each validation image, by its true class`,
    ariaDescription: `${right} of ${scores.length} images lie on their own side of ${threshold}.`,
    x: { domain: [0, 1], label: null },
    y: { type: 'sqrt', domain: [-most * 1.5, most * 1.5], label: null },
    marks: [
      scaleUp({ ticks: ticksOf(most), tickFormat: (n: number) => String(Math.abs(n)) }),
      Plot.axisX({ ticks: 5, ...quietAxis }),
      Plot.rect(
        bars.filter((bar) => bar.count !== 0),
        {
          x1: 'from',
          x2: 'to',
          y1: 0,
          y2: 'count',
          insetLeft: 0.75,
          insetRight: 0.75,
          title: (bar: Bar) => title(bar, classes),
          fill: (bar: Bar) => (bar.isLastClass ? color.lastClass : color.firstClass),
          fillOpacity: (bar: Bar) => (isRight(bar, threshold) ? 1 : 0.45),
        },
      ),
      Plot.ruleY([0], { stroke: color.ink }),
      Plot.ruleX([threshold], { stroke: color.ink, strokeDasharray: '3 3' }),
      Plot.text([fitted(`images of ${last}`, innerWidth)], {
        frameAnchor: 'top-left',
        textAnchor: 'start',
        dx: 6,
        dy: 4,
        fill: color.lastClass,
        fontWeight: 600,
        stroke: color.paper,
        strokeWidth: 5,
      }),
      Plot.text([fitted(`images of ${first}`, innerWidth)], {
        frameAnchor: 'bottom-left',
        textAnchor: 'start',
        dx: 6,
        dy: -4,
        fill: color.firstClass,
        fontWeight: 600,
        stroke: color.paper,
        strokeWidth: 5,
      }),
      chartTitle('Images by probability'),
      acrossTitle(fitted(`probability of ${last}`, innerWidth, 12)),
    ],
    color: { type: 'identity' },
  });
}

interface Bar {
  from: number;
  to: number;
  /** Images in the bin; below 0 for the first class, since its bars hang down. */
  count: number;
  isLastClass: boolean;
}

function count(scores: readonly Score[], isLastClass: boolean): Bar[] {
  const counts = new Array<number>(bins).fill(0);
  for (const score of scores) {
    if (score.isLastClass !== isLastClass) continue;
    const bin = Math.max(0, Math.min(bins - 1, Math.floor(score.score * bins)));
    counts[bin]! += 1;
  }
  return counts.map((n, i) => ({
    from: i / bins,
    to: (i + 1) / bins,
    count: isLastClass ? n : -n,
    isLastClass,
  }));
}

/** About three round counts on each side of 0, evenly spaced on the square-root axis. */
function ticksOf(most: number): number[] {
  const step = (share: number) => Number((most * share).toPrecision(1));
  const counts = [...new Set([0.11, 0.44, 1].map(step))].filter((count) => count >= 1).map(Math.round);
  return [...counts.map((count) => -count), 0, ...counts];
}

function isRight(bar: Bar, threshold: number): boolean {
  return (bar.from + bar.to) / 2 >= threshold === bar.isLastClass;
}

function title(bar: Bar, [first, last]: readonly [string, string]): string {
  return `${Math.abs(bar.count)} images of ${bar.isLastClass ? last : first} between ${bar.from.toFixed(2)} and ${bar.to.toFixed(2)}`;
}
