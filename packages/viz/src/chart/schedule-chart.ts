// The learning rate by epoch, as the schedule set it: a low chart that stands below the curves.

import * as Plot from '@observablehq/plot';
import { SightlineError } from '@sightline/core';
import { chartTitle, quietAxis } from './frame.ts';
import { renderChart } from './svg.ts';
import { color } from './theme.ts';

export interface ScheduleChartOptions {
  /** Pixels. Default: 540 x 130. */
  width?: number;
  height?: number;
}

const margin = { top: 44, right: 124, bottom: 30, left: 40 };

/** The chart as SVG. Throws a SightlineError where there is no epoch. */
export function scheduleChart(
  epochs: readonly { epoch: number; learningRate: number }[],
  { width = 540, height = 130 }: ScheduleChartOptions = {},
): string {
  const [first, last] = [epochs[0], epochs.at(-1)];
  if (!first || !last)
    throw new SightlineError('empty', 'A schedule needs at least one epoch, and none came.');
  const highest = Math.max(...epochs.map(({ learningRate }) => learningRate));
  const rate = (value: number) => String(Number(value.toPrecision(3)));
  return renderChart({
    width,
    height,
    marginTop: margin.top,
    marginRight: margin.right,
    marginBottom: margin.bottom,
    marginLeft: margin.left,
    ariaLabel: 'Learning rate by epoch',
    ariaDescription: `From ${rate(first.learningRate)} in the first epoch to ${rate(last.learningRate)} in epoch ${last.epoch}; ${rate(highest)} at most.`,
    x: { domain: [1, Math.max(2, last.epoch)], label: null },
    y: { domain: [0, highest], axis: null },
    marks: [
      Plot.ruleY([0, highest], { stroke: color.grid }),
      Plot.axisY([0], { ...quietAxis, tickFormat: rate }),
      // Above its line: before it there is room for three digits, and the chart begins below the others.
      Plot.text([highest], { y: highest, text: rate, frameAnchor: 'left', dy: -9, fill: color.muted }),
      Plot.axisX([1, Math.max(2, last.epoch)], { ...quietAxis, tickFormat: 'd' }),
      Plot.line(epochs, {
        x: 'epoch',
        y: 'learningRate',
        stroke: color.muted,
        strokeWidth: 2,
        curve: 'step',
      }),
      Plot.text([last], {
        x: 'epoch',
        y: 'learningRate',
        text: () => rate(last.learningRate),
        dx: 6,
        textAnchor: 'start',
        fill: color.muted,
        fontWeight: 600,
      }),
      chartTitle('Learning rate', margin),
    ],
  });
}
