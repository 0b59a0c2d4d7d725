// What charts with two axes have around them: a title above, pale axes, and words for what goes across.

import * as Plot from '@observablehq/plot';
import { color } from './theme.ts';

export interface Margin {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** Room for the title, and for numbers and words of the axes. */
export const MARGIN: Margin = { top: 34, right: 14, bottom: 46, left: 40 };

export const margins = ({ top, right, bottom, left }: Margin) => ({
  marginTop: top,
  marginRight: right,
  marginBottom: bottom,
  marginLeft: left,
});

/** About how many pixels wide a text is, in the bold of names: no font is at hand to measure it. */
export const widthOf = (text: string, fontSize: number): number => 0.62 * fontSize * [...text].length;

/** The text, with an ellipsis where it would be wider than so many pixels. */
export function fitted(text: string, width: number, fontSize = 13): string {
  const letters = [...text];
  const most = Math.max(2, Math.floor(width / widthOf('x', fontSize)));
  return letters.length > most
    ? `${letters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
    : text;
}

/** As `fitted`, but without the middle: names of runs differ at their ends. */
export function squeezed(text: string, width: number, fontSize = 13): string {
  const letters = [...text];
  const most = Math.max(5, Math.floor(width / widthOf('x', fontSize)));
  if (letters.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  return `${letters.slice(0, most - 1 - end).join('')}…${letters.slice(-end).join('')}`;
}

/** An axis without ticks or a label of Plot's. */
export const quietAxis = { tickSize: 0, tickPadding: 8, fill: color.muted, label: null } as const;

/** Rules across the chart, and numbers beside them. */
export const scaleUp = (options: Plot.AxisYOptions = {}): Plot.Markish[] => [
  Plot.gridY({ stroke: color.grid, strokeOpacity: 1, ticks: options.ticks ?? 5 }),
  Plot.axisY({ ticks: 5, ...quietAxis, ...options }),
];

/** Above the upper left corner. */
export const chartTitle = (
  text: string,
  { top, left }: Pick<Margin, 'top' | 'left'> = MARGIN,
): Plot.Markish =>
  Plot.text([text], {
    frameAnchor: 'top-left',
    dx: -left,
    dy: -top + 4,
    textAnchor: 'start',
    fontWeight: 600,
    fontSize: 14,
  });

/** What goes across, below the axis. */
export const acrossTitle = (text: string): Plot.Markish =>
  Plot.text([text], {
    frameAnchor: 'bottom-right',
    dy: 34,
    textAnchor: 'end',
    fill: color.muted,
    fontSize: 12,
  });
