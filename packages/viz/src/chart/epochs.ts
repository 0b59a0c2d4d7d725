// The axes of charts by epoch.

import * as Plot from '@observablehq/plot';
import { quietAxis } from './frame.ts';
import { color } from './theme.ts';

/** A loss so many times what four of five values stay below is an outlier. */
const OUTLIER = 2;

/** From the tenth below the lowest to 1, or to the tenth above the highest where nothing comes near 1. */
export function accuracyDomain(values: number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const low = Math.floor(Math.min(...values) * 10 - 0.2) / 10;
  const high = Math.ceil(Math.max(...values) * 10 + 0.2) / 10;
  return [Math.max(0, low), Math.min(1, high)];
}

/**
 * From 0, since a loss is a distance from it, to the round number above the highest. A few values far above all others,
 * as of a training that starts badly or diverges, do not count: they are marked at the upper edge.
 */
export function lossDomain(values: number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length * 0.8)] ?? 1;
  const highest = Math.min(sorted.at(-1) ?? 1, OUTLIER * usual) || 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = ([0.2, 0.5, 1, 2, 5].find((s) => highest / (s * power) <= 5) ?? 10) * power;
  return [0, Math.ceil(highest / step - 1e-9) * step];
}

/** 1, then multiples of a round step, about six on a wide chart and four on a narrow one. */
function epochTicks(lastEpoch: number, width: number): number[] {
  const most = width < 420 ? 4 : 7;
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((s) => lastEpoch / s <= most) ?? lastEpoch;
  const multiples = Array.from({ length: Math.floor(lastEpoch / step) }, (_, i) => (i + 1) * step);
  return multiples[0] === 1 ? multiples : [1, ...multiples];
}

/** The axis of epochs, with its name behind the last one. */
export const epochAxis = (lastEpoch: number, width: number): Plot.Markish[] => [
  Plot.axisX(epochTicks(lastEpoch, width), { ...quietAxis, tickFormat: 'd' }),
  Plot.text(['epoch'], {
    frameAnchor: 'bottom-right',
    dy: 17,
    dx: 12,
    textAnchor: 'start',
    fill: color.muted,
    fontSize: 12,
  }),
];
