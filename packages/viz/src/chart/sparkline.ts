// A line small enough to stand in a card: one value by epoch, without axes, with its last value as a dot.

import * as Plot from '@observablehq/plot';
import { SightlineError } from '@sightline/core';
import { renderChart } from './svg.ts';
import { color, formatShare } from './theme.ts';

export interface SparklineOptions {
  /** What the values are, for those who cannot see the line. */
  label: string;
  /** The lowest and the highest value that the height stands for, the same for all lines to be compared. */
  domain: readonly [number, number];
  /** How many values the width stands for. Default: as many as there are. */
  length?: number;
  /** The same of another run, dashed. */
  baseline?: readonly number[];
  width?: number;
  height?: number;
}

/** The line as SVG. Throws a SightlineError where there is no value. */
export function sparkline(values: readonly number[], options: SparklineOptions): string {
  if (values.length === 0)
    throw new SightlineError('empty', 'A line needs at least one value, and none came.');
  const { label, domain, baseline, width = 240, height = 64 } = options;
  const length = options.length ?? Math.max(values.length, baseline?.length ?? 0);
  const last = values.length - 1;
  return renderChart({
    width,
    height,
    margin: 5,
    ariaLabel: label,
    ariaDescription: `From ${formatShare(values[0]!)} to ${formatShare(values[last]!)} in ${values.length} epochs.`,
    x: { domain: [0, Math.max(1, length - 1)], axis: null },
    y: { domain: [...domain], axis: null },
    marks: [
      Plot.ruleY([domain[0]], { stroke: color.grid }),
      ...(baseline
        ? [Plot.lineY(baseline, { stroke: color.muted, strokeWidth: 1.2, strokeDasharray: '3 3' })]
        : []),
      Plot.lineY(values, { stroke: color.validation, strokeWidth: 2 }),
      Plot.dot([values[last]!], { x: [last], y: [values[last]!], r: 3.5, fill: color.validation }),
    ],
  });
}
