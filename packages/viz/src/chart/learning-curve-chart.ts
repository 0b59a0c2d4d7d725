// Accuracy by the number of training images: whether more images would help. A curve that still rises at its right end
// says yes.

import * as Plot from '@observablehq/plot';
import { integer, SightlineError } from '@sightline/core';
import { acrossTitle, chartTitle, MARGIN, margins, quietAxis, scaleUp } from './frame.ts';
import { renderChart } from './svg.ts';
import { color, formatShare } from './theme.ts';

export interface LearningCurvePoint {
  /** Training images. */
  images: number;
  accuracy: number;
  /** 95%. */
  interval?: readonly [number, number] | undefined;
}

export interface LearningCurveOptions {
  /** Pixels. Default: 540 x 300. */
  width?: number;
  height?: number;
}

/** The curve as SVG, images on a logarithmic scale. Throws a SightlineError with fewer than two points. */
export function learningCurveChart(
  points: readonly LearningCurvePoint[],
  { width = 540, height = 300 }: LearningCurveOptions = {},
): string {
  if (points.length < 2)
    throw new SightlineError(
      'empty',
      `A learning curve needs at least two points, and ${points.length} came.`,
    );
  const sorted = points.toSorted((a, b) => a.images - b.images);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  const lows = sorted.map(({ accuracy, interval }) => interval?.[0] ?? accuracy);
  const low = Math.max(0, Math.floor(Math.min(...lows) * 10 - 0.2) / 10);
  return renderChart({
    width,
    height,
    ...margins({ ...MARGIN, right: 56 }),
    ariaLabel: 'Learning curve: accuracy by the number of training images',
    ariaDescription: `${sorted.map(({ images, accuracy }) => `${formatShare(accuracy)} with ${images} images`).join(', ')}.`,
    x: { type: 'log', domain: [first.images, last.images], label: null },
    y: { domain: [low, 1], label: null },
    marks: [
      scaleUp(),
      Plot.axisX(
        sorted.map(({ images }) => images),
        // As a function: d3 leaves most labels of a logarithmic axis out.
        { ...quietAxis, tickFormat: (images: number) => integer(images) },
      ),
      Plot.ruleX(
        sorted.filter(({ interval }) => interval),
        {
          x: 'images',
          y1: ({ interval }: LearningCurvePoint) => interval![0],
          y2: ({ interval }: LearningCurvePoint) => interval![1],
          stroke: color.validation,
          strokeOpacity: 0.5,
        },
      ),
      Plot.line(sorted, { x: 'images', y: 'accuracy', stroke: color.validation, strokeWidth: 2 }),
      Plot.dot(sorted, {
        x: 'images',
        y: 'accuracy',
        r: 4,
        fill: color.validation,
        title: ({ images, accuracy }: LearningCurvePoint) => `${images} images: ${formatShare(accuracy)}`,
      }),
      Plot.text([last], {
        x: 'images',
        y: 'accuracy',
        text: () => formatShare(last.accuracy),
        dx: 8,
        textAnchor: 'start',
        fill: color.validation,
        fontWeight: 600,
      }),
      chartTitle('Accuracy by training images'),
      acrossTitle('training images'),
    ],
  });
}
