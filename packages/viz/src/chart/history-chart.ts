// How a training went: loss or accuracy by epoch, on the training images and on the validation images, and the same
// of another run (the baseline) dashed beside it.

import * as Plot from '@observablehq/plot';
import { SightlineError } from '@sightline/core';
import { accuracyDomain, epochAxis, lossDomain } from './epochs.ts';
import { chartTitle, scaleUp, squeezed, widthOf } from './frame.ts';
import { spread } from './spread.ts';
import { renderChart } from './svg.ts';
import { color, formatValue } from './theme.ts';

/** One epoch's values; null (a loss that overflowed) leaves a gap in its line. */
export interface EpochValues {
  /** From 1. */
  epoch: number;
  training: number | null;
  validation: number | null;
}

export interface HistoryRun {
  name: string;
  epochs: readonly EpochValues[];
}

export interface HistoryChartOptions {
  quantity: 'loss' | 'accuracy';
  /** The run to compare with, dashed. */
  baseline?: HistoryRun;
  /** The epoch whose weights were kept, where that is not the last: a dotted line marks it. */
  kept?: number;
  /** Pixels. Default: 540 x 300. */
  width?: number;
  height?: number;
}

interface Line {
  text: string;
  stroke: string;
  isDashed: boolean;
  points: { epoch: number; value: number; title: string }[];
}

const margin = { top: 34, bottom: 34, left: 40 };
const labelHeight = 17;
/** Pixels from the end of the axis to a label, and of a space and a value in it. */
const endToLabel = 19;
const widthOfValue = 42;
/** The size at which bold letters are as wide as these are. */
const REGULAR = 11;
/** With more epochs than these, dots would run together, and make a page heavy. */
const mostDots = 100;

/** The chart of one quantity as SVG. Throws a SightlineError where the run has no epoch. */
export function historyChart(run: HistoryRun, options: HistoryChartOptions): string {
  const { quantity, baseline, kept, width = 540, height = 300 } = options;
  if (run.epochs.length === 0) {
    throw new SightlineError(
      'empty',
      `A chart of the ${quantity} needs at least one epoch, and ${run.name} has none.`,
    );
  }
  const own = toLines(run, quantity, false);
  const lines = [...(baseline ? toLines(baseline, quantity, true) : []), ...own].filter((line) =>
    line.points.some((point) => Number.isFinite(point.value)),
  );
  const values = lines.flatMap((line) => line.points.map((point) => point.value)).filter(Number.isFinite);
  const [low, high] = quantity === 'accuracy' ? accuracyDomain(values) : lossDomain(values);
  const beyond = lines.flatMap(({ stroke, points }) =>
    points.filter(({ value }) => value > high).map((point) => ({ ...point, stroke, value: high })),
  );
  const lastEpoch = Math.max(
    2,
    ...[run, baseline].flatMap((r) => r?.epochs.map((epoch) => epoch.epoch) ?? []),
  );
  const innerHeight = height - margin.top - margin.bottom;
  const nameWidth = Math.ceil(widthOf(baseline?.name ?? '', REGULAR));
  const marginRight = Math.max(124, Math.min(endToLabel + nameWidth + widthOfValue, Math.round(0.3 * width)));
  const endOfAxis = 1 + (lastEpoch - 1) * (1 + 14 / (width - margin.left - marginRight));
  const labels = placeLabels(lines, low, high, innerHeight, marginRight);
  return renderChart({
    width,
    height,
    marginTop: margin.top,
    marginBottom: margin.bottom,
    marginLeft: margin.left,
    marginRight,
    ariaLabel: `${quantity === 'loss' ? 'Loss' : 'Accuracy'} by epoch of ${run.name}`,
    ariaDescription: describe(run, own, quantity, baseline),
    x: { domain: [1, endOfAxis], label: null },
    y: { domain: [low, high], label: null },
    marks: [
      scaleUp(high >= 1e4 ? { tickFormat: (loss: number) => (loss === 0 ? '0' : formatValue(loss)) } : {}),
      epochAxis(lastEpoch, width),
      chartTitle(quantity === 'loss' ? 'Loss' : 'Accuracy', margin),
      kept === undefined ? [] : keptMarks(kept, lastEpoch),
      Plot.dot(beyond, { x: 'epoch', y: 'value', symbol: 'triangle', r: 4, fill: 'stroke', title: 'title' }),
      lines.map((line) => [
        Plot.line(line.points, {
          x: 'epoch',
          y: ({ value }: { value: number }) => Math.min(value, high),
          stroke: line.stroke,
          // Where both lines lie on one another, the wider one below still shows.
          strokeWidth: line.isDashed ? 1.4 : line.stroke === color.training ? 3 : 2,
          strokeOpacity: line.isDashed ? 0.75 : 1,
          ...(line.isDashed ? { strokeDasharray: '4 4' } : {}),
        }),
        Plot.dot(line.points.length > mostDots ? [] : line.points.filter(({ value }) => !(value > high)), {
          x: 'epoch',
          y: 'value',
          r: line.isDashed ? 1.5 : line.stroke === color.training ? 3.3 : 2.8,
          fill: line.stroke,
          fillOpacity: line.isDashed ? 0.6 : 1,
          title: 'title',
        }),
      ]),
      Plot.link(labels, {
        x1: 'epoch',
        y1: 'value',
        x2: endOfAxis,
        y2: 'place',
        stroke: 'stroke',
        strokeOpacity: 0.6,
        strokeWidth: 1,
        strokeDasharray: '1 3',
      }),
      [true, false].map((isDashed) =>
        Plot.text(
          labels.filter((label) => label.isDashed === isDashed),
          {
            x: endOfAxis,
            y: 'place',
            text: 'text',
            fill: 'stroke',
            dx: 5,
            textAnchor: 'start',
            fontWeight: isDashed ? 400 : 600,
          },
        ),
      ),
    ],
    color: { type: 'identity' },
  });
}

function toLines(run: HistoryRun, quantity: string, isDashed: boolean): Line[] {
  return (['training', 'validation'] as const).map((split) => ({
    text: isDashed ? run.name : split,
    stroke: color[split],
    isDashed,
    points: run.epochs.map((epoch) => ({
      epoch: epoch.epoch,
      value: epoch[split] ?? Number.NaN,
      title: `${run.name}, epoch ${epoch.epoch}: ${split} ${quantity} ${formatValue(epoch[split] ?? Number.NaN)}`,
    })),
  }));
}

function placeLabels(lines: Line[], low: number, high: number, innerHeight: number, width: number) {
  const ends = lines.map((line) => line.points.filter((point) => Number.isFinite(point.value)).at(-1)!);
  const toPixel = (value: number) => ((high - value) / (high - low)) * innerHeight;
  const places = spread(
    ends.map((end) => Math.max(0, toPixel(end.value))),
    labelHeight,
    0,
    innerHeight,
  );
  const roomForName = width - endToLabel - widthOfValue;
  return lines.map((line, i) => ({
    ...ends[i]!,
    value: Math.min(ends[i]!.value, high),
    text: `${line.isDashed ? squeezed(line.text, roomForName, REGULAR) : line.text} ${formatValue(ends[i]!.value)}`,
    stroke: line.stroke,
    isDashed: line.isDashed,
    place: high - (places[i]! / innerHeight) * (high - low),
  }));
}

function keptMarks(kept: number, lastEpoch: number): Plot.Markish[] {
  const isLate = kept > lastEpoch * 0.7;
  return [
    Plot.ruleX([kept], { stroke: color.muted, strokeDasharray: '2 3' }),
    Plot.text([`kept: epoch ${kept}`], {
      x: kept,
      frameAnchor: 'top',
      dy: -8,
      dx: isLate ? -4 : 4,
      textAnchor: isLate ? 'end' : 'start',
      fill: color.muted,
      fontSize: 12,
    }),
  ];
}

function describe(
  run: HistoryRun,
  lines: Line[],
  quantity: string,
  baseline: HistoryRun | undefined,
): string {
  const parts = lines.map((line) => {
    const first = line.points[0]!;
    const last = line.points.at(-1)!;
    return `${line.text} ${quantity} goes from ${formatValue(first.value)} to ${formatValue(last.value)}`;
  });
  const count = run.epochs.length;
  const beside = baseline ? `; ${baseline.name} is dashed beside it` : '';
  return `In ${count} ${count === 1 ? 'epoch' : 'epochs'}, ${parts.join(' and ')}${beside}.`;
}
