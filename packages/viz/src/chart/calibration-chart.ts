// A reliability diagram: whether a network's confidence means what it says. Of the images whose predicted class has a
// probability of 0.8, 0.8 should be right: then its dots lie on the diagonal. Below it the network is too sure.

import * as Plot from '@observablehq/plot';
import { SightlineError } from '@sightline/core';
import { wilsonInterval } from '@sightline/metrics';
import { acrossTitle, chartTitle, MARGIN, margins, quietAxis, scaleUp } from './frame.ts';
import { renderChart } from './svg.ts';
import { color, formatShare } from './theme.ts';

/** The images whose confidence lies in one bin: their mean confidence, and the share that is right. */
export interface ConfidenceBin {
  low: number;
  high: number;
  count: number;
  /** Null in an empty bin. */
  confidence: number | null;
  accuracy: number | null;
}

export interface CalibrationSeries {
  split: 'training' | 'validation';
  bins: readonly ConfidenceBin[];
  /** The expected calibration error. */
  expectedError: number;
}

export interface CalibrationChartOptions {
  /** Pixels. Default: 540 x 400. */
  width?: number;
  height?: number;
}

interface Dot {
  confidence: number;
  accuracy: number;
  count: number;
  low: number;
  high: number;
  title: string;
}

/** How high the bars of the bins' counts may be, as a share of the chart. */
const BARS = 0.14;

/** The diagram as SVG, validation over training. Throws a SightlineError where no image is in any bin. */
export function calibrationChart(
  series: readonly CalibrationSeries[],
  options: CalibrationChartOptions = {},
): string {
  const { width = 540, height = 400 } = options;
  const filled = series
    .map((each) => ({ ...each, dots: dotsOf(each) }))
    .filter(({ dots }) => dots.length > 0);
  if (filled.length === 0)
    throw new SightlineError('empty', 'A reliability diagram needs at least one image, and none came.');
  const ordered = filled.sort((a, b) => Number(a.split === 'validation') - Number(b.split === 'validation'));
  const main = ordered.at(-1)!;
  const left = Math.min(
    ...ordered.flatMap(({ bins }) => bins.filter(({ count }) => count > 0)).map((bin) => bin.low),
  );
  const most = Math.max(...main.bins.map(({ count }) => count));
  const names = ordered.map(({ split, expectedError }) => ({
    text: `${split} ${formatShare(expectedError)}`,
    stroke: color[split],
  }));
  return renderChart({
    width,
    height,
    ...margins(MARGIN),
    ariaLabel: 'Reliability diagram: the share that is right, by confidence',
    ariaDescription: `Expected calibration error: ${names.map(({ text }) => text).join('; ')}. ${main.dots.map(({ title }) => title).join('; ')}.`,
    x: { domain: [left, 1], label: null },
    y: { domain: [0, 1], label: null },
    marks: [
      scaleUp(),
      Plot.axisX({ ticks: 5, ...quietAxis }),
      Plot.rect(
        main.bins.filter(({ count }) => count > 0),
        {
          x1: 'low',
          x2: 'high',
          y1: 0,
          y2: (bin: ConfidenceBin) => (bin.count / most) * BARS,
          insetLeft: 0.75,
          insetRight: 0.75,
          fill: color[main.split],
          fillOpacity: 0.22,
          title: (bin: ConfidenceBin) =>
            `${bin.count} ${bin.count === 1 ? 'image' : 'images'} with a confidence of ${bin.low.toFixed(1)} to ${bin.high.toFixed(1)}`,
        },
      ),
      Plot.line(
        [left, 1].map((at) => ({ x: at, y: at })),
        {
          x: 'x',
          y: 'y',
          stroke: color.muted,
          strokeDasharray: '3 3',
        },
      ),
      Plot.ruleX(main.dots, {
        x: 'confidence',
        y1: 'low',
        y2: 'high',
        stroke: color[main.split],
        strokeOpacity: 0.5,
      }),
      ordered.map(({ split, dots }) => [
        Plot.line(dots, {
          x: 'confidence',
          y: 'accuracy',
          stroke: color[split],
          strokeWidth: split === main.split ? 2 : 1.4,
        }),
        Plot.dot(dots, {
          x: 'confidence',
          y: 'accuracy',
          r: split === main.split ? 4 : 2.6,
          fill: color[split],
          title: 'title',
        }),
      ]),
      names.map(({ text, stroke }, i) =>
        Plot.text([text], {
          // Between the bars and the diagonal, where no network that is better than chance has a dot.
          frameAnchor: 'bottom-right',
          textAnchor: 'end',
          dx: -8,
          dy: -(height - 80) * (BARS + 0.05) - i * 18,
          fill: stroke,
          fontWeight: 600,
          stroke: color.paper,
          strokeWidth: 5,
        }),
      ),
      chartTitle('Calibration: share that is right'),
      acrossTitle('probability of the predicted class'),
    ],
    color: { type: 'identity' },
  });
}

function dotsOf({ split, bins }: CalibrationSeries): Dot[] {
  return bins.flatMap(({ count, confidence, accuracy }) => {
    if (count === 0 || confidence === null || accuracy === null) return [];
    const [low, high] = wilsonInterval(accuracy, count);
    const images = `${count} ${split} ${count === 1 ? 'image' : 'images'}`;
    const title = `of ${images} at ${formatShare(confidence)}, ${formatShare(accuracy)} are right`;
    return [{ confidence, accuracy, count, low, high, title }];
  });
}
