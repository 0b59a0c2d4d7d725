// The accuracies of several runs beside each other: a bar each, with its confidence interval, and a line for
// always predicting the most frequent class. A run that collapsed or was interrupted is drawn hollow and
// says so in words.

import * as Plot from '@observablehq/plot';
import { SightlineError } from '@sightline/core';
import { fitted, squeezed } from './frame.ts';
import { renderChart } from './svg.ts';
import { color, formatShare } from './theme.ts';

export interface AccuracyBar {
  name: string;
  /** On the validation images, 0 to 1; null where the run never got that far. */
  accuracy: number | null;
  /** The interval that holds the true accuracy with 95 % confidence. */
  interval?: readonly [low: number, high: number];
  /** What there is to say about it, in a few words. */
  note?: string;
  /** A sound run's bar is filled, another's is hollow, and the worst one's has the color of a warning. */
  state: 'sound' | 'partial' | 'collapsed';
}

export interface AccuracyBarsOptions {
  /** The accuracy of always predicting the most frequent class. */
  chance?: number;
  /** Pixels. Default: 760. Below 520 the names stand above the bars. */
  width?: number;
}

const barHeight = 24;
const marginTop = 30;
/** Pixels of a name or a note. */
const WIDEST = 300;

/** The bars as SVG, in the order given. Throws a SightlineError where there is none. */
export function accuracyBars(bars: readonly AccuracyBar[], options: AccuracyBarsOptions = {}): string {
  if (bars.length === 0)
    throw new SightlineError('empty', 'A chart of accuracies needs at least one run, and none came.');
  const { chance, width = 760 } = options;
  const isNarrow = width < 520;
  const rows = placeRows(bars, isNarrow);
  const innerHeight = rows.length * (isNarrow ? 78 : 56);
  const longest = Math.max(...rows.flatMap((row) => [row.name.length * 9.6, row.note.length * 6.6]));
  const marginLeft = isNarrow ? 1 : Math.max(120, longest + 20);
  return renderChart({
    width,
    height: marginTop + innerHeight + 26,
    marginTop,
    marginBottom: 26,
    marginLeft,
    marginRight: 62,
    ariaLabel: 'Validation accuracy of each run',
    ariaDescription: describe(bars, chance),
    x: { domain: [0, 1], label: null },
    y: { domain: [innerHeight, 0], axis: null },
    color: { type: 'identity' },
    marks: [
      Plot.gridX({ stroke: color.grid, strokeOpacity: 1, ticks: 5 }),
      Plot.axisX({ ticks: 5, tickSize: 0, tickPadding: 8, fill: color.muted, label: null }),
      barMark(rows),
      chance === undefined ? [] : chanceMarks(chance),
      intervalMarks(rows.filter((row) => row.high > row.low)),
      textMarks(rows, marginLeft),
    ],
  });
}

/** A bar with its places in pixels: the vertical scale of the chart is the pixel, from the top. */
interface Row {
  name: string;
  note: string;
  state: AccuracyBar['state'];
  value: number;
  low: number;
  high: number;
  top: number;
  middle: number;
  bottom: number;
  nameAt: number;
  noteAt: number;
  paint: string;
  text: string;
  title: string;
}

function placeRows(bars: readonly AccuracyBar[], isNarrow: boolean): Row[] {
  return bars.map((bar, i) => {
    const top = i * (isNarrow ? 78 : 56) + (isNarrow ? 24 : 8);
    const value = bar.accuracy ?? 0;
    const text = bar.accuracy === null ? 'no result' : formatShare(bar.accuracy);
    return {
      name: squeezed(bar.name, WIDEST, 14),
      note: fitted(bar.note ?? '', WIDEST, 12),
      state: bar.state,
      value,
      low: bar.interval?.[0] ?? value,
      high: bar.interval?.[1] ?? value,
      top,
      middle: top + barHeight / 2,
      bottom: top + barHeight,
      nameAt: isNarrow ? top - 11 : top + (bar.note ? 3 : barHeight / 2),
      noteAt: isNarrow ? top + barHeight + 12 : top + 21,
      paint: bar.state === 'collapsed' ? color.warning : color.validation,
      text,
      title: `${bar.name}: ${text}`,
    };
  });
}

function barMark(rows: Row[]): Plot.Markish {
  return Plot.rect(
    rows.filter((row) => row.value > 0),
    {
      x1: 0,
      x2: 'value',
      y1: 'top',
      y2: 'bottom',
      fill: 'paint',
      fillOpacity: (row: Row) => (row.state === 'sound' ? 1 : 0.16),
      stroke: 'paint',
      strokeWidth: 1.5,
      r: 2,
      title: 'title',
    },
  );
}

function chanceMarks(chance: number): Plot.Markish[] {
  // Near an end of the axis the words stand on its inner side.
  const textAnchor = chance < 0.3 ? 'start' : chance > 0.7 ? 'end' : 'middle';
  return [
    Plot.ruleX([chance], { stroke: color.ink, strokeDasharray: '3 3' }),
    Plot.text([`most frequent class: ${formatShare(chance)}`], {
      x: chance,
      frameAnchor: 'top',
      textAnchor,
      dy: -18,
      fill: color.muted,
      fontSize: 12,
    }),
  ];
}

/** A line over the interval, with a short stroke across each of its ends. */
function intervalMarks(rows: Row[]): Plot.Markish[] {
  const strokes = rows.flatMap(({ low, high, middle }) => [
    { x1: low, x2: high, y1: middle, y2: middle },
    { x1: low, x2: low, y1: middle - 4, y2: middle + 4 },
    { x1: high, x2: high, y1: middle - 4, y2: middle + 4 },
  ]);
  const place = { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2' } as const;
  // The paper's color around it keeps the line visible on a dark bar.
  return [
    Plot.link(strokes, { ...place, stroke: color.paper, strokeWidth: 3.5, strokeLinecap: 'square' }),
    Plot.link(strokes, { ...place, stroke: color.ink, strokeWidth: 1.5 }),
  ];
}

function textMarks(rows: Row[], marginLeft: number): Plot.Markish[] {
  const halo = { fill: color.ink, stroke: color.paper, strokeWidth: 5 };
  const atLeft = { x: 0, dx: -marginLeft, textAnchor: 'start', ...halo } as const;
  return [
    Plot.text(rows, {
      x: 'high',
      y: 'middle',
      text: 'text',
      dx: 9,
      textAnchor: 'start',
      fontWeight: 600,
      fontSize: 15,
      ...halo,
    }),
    Plot.text(rows, { ...atLeft, y: 'nameAt', text: 'name', fontWeight: 600, fontSize: 14 }),
    ...[true, false].map((isWarning) =>
      Plot.text(
        rows.filter((row) => row.note !== '' && (row.state === 'collapsed') === isWarning),
        {
          ...atLeft,
          y: 'noteAt',
          text: 'note',
          fontSize: 12,
          fill: isWarning ? color.warning : color.muted,
        },
      ),
    ),
  ];
}

function describe(bars: readonly AccuracyBar[], chance: number | undefined): string {
  const parts = bars.map((bar) => {
    const value = bar.accuracy === null ? 'no result' : formatShare(bar.accuracy);
    return `${bar.name} ${value}${bar.note ? ` (${bar.note})` : ''}`;
  });
  const guess =
    chance === undefined
      ? ''
      : `; always predicting the most frequent class would give ${formatShare(chance)}`;
  return `${parts.join(', ')}${guess}.`;
}
