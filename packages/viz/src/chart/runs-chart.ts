// Several trainings over each other: the validation accuracy or loss of each run by epoch, named at the end of its line.

import * as Plot from '@observablehq/plot';
import { SightlineError } from '@sightline/core';
import { accuracyDomain, epochAxis, lossDomain } from './epochs.ts';
import { chartTitle, scaleUp, squeezed } from './frame.ts';
import { spread } from './spread.ts';
import { renderChart } from './svg.ts';
import { color, formatValue } from './theme.ts';

export interface RunCurve {
  name: string;
  /** What the elements of the curve have as `data-run`, for a page to show and hide them. */
  id: string;
  /** By epoch, from 1; null (a loss that overflowed) leaves a gap. */
  values: readonly (number | null)[];
}

export interface RunsChartOptions {
  quantity: 'loss' | 'accuracy';
  /** Pixels. Default: 540 x 300. */
  width?: number;
  height?: number;
}

/**
 * Colors (after Okabe and Ito) with a contrast of 3 on light and on dark paper. From the ninth run on they come again, dashed.
 */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#c2689a', '#b8860b', '#8856a7', '#7f7f7f', '#5f8f00'];
const MARGINS = { top: 34, bottom: 34, left: 40 };
const LABEL_HEIGHT = 15;
const LABEL_SIZE = 11;

/** The chart of one quantity as SVG. Throws a SightlineError where no run has an epoch. */
export function runsChart(runs: readonly RunCurve[], options: RunsChartOptions): string {
  const { quantity, width = 540, height = 300 } = options;
  const curves = runs.flatMap((run, i) => {
    const points = run.values.map((value, epoch) => ({ epoch: epoch + 1, value: value ?? Number.NaN }));
    const end = points.findLast(({ value }) => Number.isFinite(value));
    return end
      ? [{ ...run, points, end, stroke: COLORS[i % COLORS.length]!, isDashed: i >= COLORS.length }]
      : [];
  });
  if (curves.length === 0)
    throw new SightlineError('empty', `A chart of the ${quantity} of runs needs a run with an epoch.`);
  const values = curves.flatMap(({ points }) =>
    points.flatMap(({ value }) => (Number.isFinite(value) ? [value] : [])),
  );
  const [low, high] = quantity === 'accuracy' ? accuracyDomain(values) : lossDomain(values);
  const lastEpoch = Math.max(2, ...curves.map(({ points }) => points.length));
  const marginRight = Math.round((width < 420 ? 0.42 : 0.34) * width);
  const innerHeight = height - MARGINS.top - MARGINS.bottom;
  const toPixel = (value: number) => ((high - Math.min(value, high)) / (high - low)) * innerHeight;
  const places = spread(
    curves.map(({ end }) => toPixel(end.value)),
    Math.min(LABEL_HEIGHT, innerHeight / curves.length),
    0,
    innerHeight,
  );
  return renderChart({
    width,
    height,
    marginTop: MARGINS.top,
    marginBottom: MARGINS.bottom,
    marginLeft: MARGINS.left,
    marginRight,
    ariaLabel: `Validation ${quantity} by epoch of ${runs.length} runs`,
    ariaDescription: `${curves.map(({ name, points, end }) => `${name}: ${formatValue(end.value)} after ${points.length} epochs`).join('; ')}.`,
    x: { domain: [1, lastEpoch], label: null },
    y: { domain: [low, high], label: null },
    marks: [
      scaleUp(high >= 1e4 ? { tickFormat: (loss: number) => (loss === 0 ? '0' : formatValue(loss)) } : {}),
      epochAxis(lastEpoch, width),
      chartTitle(`Validation ${quantity}`, MARGINS),
      curves.map(({ id, name, points, end, stroke, isDashed }, i) => {
        const render = marked(id);
        const words = `${squeezed(name, marginRight - 46, LABEL_SIZE)} ${formatValue(end.value)}`;
        return [
          Plot.line(points, {
            x: 'epoch',
            y: ({ value }: { value: number }) => Math.min(value, high),
            stroke,
            strokeWidth: 2,
            ...(isDashed ? { strokeDasharray: '6 3' } : {}),
            render,
          }),
          Plot.dot([end], {
            x: 'epoch',
            y: Math.min(end.value, high),
            r: 3,
            fill: stroke,
            title: () => `${name}, epoch ${end.epoch}: validation ${quantity} ${formatValue(end.value)}`,
            render,
          }),
          Plot.text([words], {
            x: lastEpoch,
            y: high - (places[i]! / innerHeight) * (high - low),
            dx: 10,
            textAnchor: 'start',
            fill: color.ink,
            fontSize: LABEL_SIZE,
            render,
          }),
          Plot.dot([end], {
            x: lastEpoch,
            y: high - (places[i]! / innerHeight) * (high - low),
            dx: 5,
            r: 3,
            fill: stroke,
            symbol: 'square',
            render,
          }),
        ];
      }),
    ],
  });
}

/** Names the run in what a mark renders. */
function marked(id: string): Plot.RenderFunction {
  return (index, scales, values, dimensions, context, next) => {
    const rendered = next!(index, scales, values, dimensions, context);
    rendered?.setAttribute('data-run', id);
    return rendered;
  };
}
