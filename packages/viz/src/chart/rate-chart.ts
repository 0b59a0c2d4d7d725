// A learning-rate finder's curve: the smoothed loss by the learning rate, which rises from step to step, and the rate
// that it suggests.

import * as Plot from '@observablehq/plot';
import { SightlineError } from '@sightline/core';
import { acrossTitle, chartTitle, MARGIN, margins, quietAxis, scaleUp } from './frame.ts';
import { renderChart } from './svg.ts';
import { color, formatValue } from './theme.ts';

export interface RatePoint {
  learningRate: number;
  loss: number;
}

export interface RateChartOptions {
  suggestion: number;
  /** Pixels. Default: 540 x 300. */
  width?: number;
  height?: number;
}

/** Losses are longer than shares. */
const margin = { ...MARGIN, left: 46, right: 20 };

/** The curve as SVG, the rates on a logarithmic scale. Throws a SightlineError where there is no point. */
export function rateChart(curve: readonly RatePoint[], options: RateChartOptions): string {
  const { suggestion, width = 540, height = 300 } = options;
  const [first] = curve;
  const last = curve.at(-1);
  if (!first || !last)
    throw new SightlineError('empty', 'A curve of learning rates needs at least one, and none came.');
  const lowest = curve.reduce((best, point) => (point.loss < best.loss ? point : best));
  // What lies far above the first loss only says that the search had to end.
  const top = Math.max(first.loss * 1.3, lowest.loss * 1.3);
  const shown = curve.filter(({ loss }) => loss <= top);
  const low = Math.min(...shown.map(({ loss }) => loss));
  const rate = (value: number) => String(Number(value.toPrecision(2)));
  return renderChart({
    width,
    height,
    ...margins(margin),
    ariaLabel: 'Loss by learning rate',
    ariaDescription: `From ${rate(first.learningRate)} to ${rate(last.learningRate)} the loss is lowest, ${formatValue(lowest.loss)}, at ${rate(lowest.learningRate)}; a rate of ${rate(suggestion)} is suggested.`,
    x: { type: 'log', domain: [first.learningRate, Math.max(last.learningRate, suggestion)], label: null },
    y: { domain: [low - (top - low) * 0.08, top], label: null },
    marks: [
      scaleUp(),
      Plot.axisX({
        ticks: width < 420 ? 4 : 6,
        ...quietAxis,
        tickFormat: (value: number) => rate(value),
      }),
      Plot.ruleX([suggestion], { stroke: color.ink, strokeDasharray: '3 3' }),
      Plot.line(shown, { x: 'learningRate', y: 'loss', stroke: color.training, strokeWidth: 2 }),
      Plot.text([{ x: suggestion }], {
        x: 'x',
        frameAnchor: 'top',
        text: () => `suggested ${rate(suggestion)}`,
        dx: 6,
        dy: 6,
        textAnchor: 'start',
        fontWeight: 600,
        stroke: color.paper,
        strokeWidth: 5,
        fill: color.ink,
      }),
      chartTitle('Loss by learning rate', margin),
      acrossTitle('learning rate'),
    ],
    color: { type: 'identity' },
  });
}
