// The snapshots of these tests are the gallery of the charts: open the files in __snapshots__ with a browser.

import { wilsonInterval } from '@sightline/metrics';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { type AccuracyBar, accuracyBars } from './accuracy-bars.ts';
import { calibrationChart } from './calibration-chart.ts';
import { confusionHeatmap } from './confusion-heatmap.ts';
import { featureMapChart, type MapPoint } from './feature-map.ts';
import { type HistoryRun, historyChart } from './history-chart.ts';
import { learningCurveChart } from './learning-curve-chart.ts';
import { type RankingCurve, rankingChart } from './ranking-chart.ts';
import { rateChart } from './rate-chart.ts';
import { runsChart } from './runs-chart.ts';
import { scheduleChart } from './schedule-chart.ts';
import { scoreHistogram } from './score-histogram.ts';

function history(name: string, epochs: number, from: number, to: number): HistoryRun {
  const value = (i: number, end: number) => end + (from - end) * 0.75 ** i + 0.01 * ((i * 7) % 3);
  return {
    name,
    epochs: Array.from({ length: epochs }, (_, i) => ({
      epoch: i + 1,
      training: value(i, to),
      validation: value(i, to * 0.92),
    })),
  };
}

const baseline = history('baseline', 15, 0.55, 0.82);
const vgg16 = history('vgg16-backend', 10, 0.84, 0.97);

const bars: AccuracyBar[] = [
  {
    name: 'vgg16-backend',
    accuracy: 0.931,
    interval: wilsonInterval(0.931, 576),
    state: 'sound',
    note: 'vgg16 features',
  },
  { name: 'baseline', accuracy: 0.743, interval: wilsonInterval(0.743, 576), state: 'sound' },
  {
    name: 'short',
    accuracy: 0.64,
    interval: wilsonInterval(0.64, 576),
    state: 'partial',
    note: 'interrupted after 3 of 15 epochs',
  },
  {
    name: 'augmentation',
    accuracy: 0.5,
    interval: wilsonInterval(0.5, 576),
    state: 'collapsed',
    note: 'collapsed: it always says car',
  },
  { name: 'broken off', accuracy: null, state: 'partial', note: 'failed before its first epoch' },
];

const scores = Array.from({ length: 400 }, (_, i) => ({
  score: Math.min(1, Math.max(0, (i % 2 ? 0.8 : 0.22) + 0.35 * Math.sin(i * i))),
  isLastClass: i % 2 === 1,
}));

/** y = x ^ power, as ROC curves bend; its area is known: 1 / (1 + power). */
function bent(name: string, split: RankingCurve['split'], power: number): RankingCurve {
  const x = Array.from({ length: 60 }, (_, i) => i / 59);
  const area = 1 / (1 + power);
  return { name, split, x, y: x.map((at) => at ** power), area, interval: [area - 0.03, area + 0.03] };
}
const falling = ({ y, ...curve }: RankingCurve): RankingCurve => ({
  ...curve,
  y: curve.x.map((at) => 1 - 0.5 * at ** 4),
});
const splits = [bent('validation', 'validation', 0.2), bent('training', 'training', 0.1)];

const bins = Array.from({ length: 10 }, (_, i) => {
  const count = i < 5 ? 0 : 30 + i * i;
  const confidence = count ? (i + 0.5) / 10 : null;
  return { low: i / 10, high: (i + 1) / 10, count, confidence, accuracy: confidence && confidence ** 1.5 };
});

const charts: [name: string, draw: () => string][] = [
  ['accuracy-bars', () => accuracyBars(bars, { chance: 0.5 })],
  ['accuracy-bars-narrow', () => accuracyBars(bars, { chance: 0.5, width: 350 })],
  ['history-accuracy', () => historyChart(vgg16, { quantity: 'accuracy', baseline })],
  ['history-accuracy-narrow', () => historyChart(vgg16, { quantity: 'accuracy', baseline, width: 350 })],
  ['history-loss', () => historyChart(history('baseline', 15, 0.8, 0.4), { quantity: 'loss' })],
  [
    'history-one-epoch',
    () => historyChart({ name: 'short', epochs: vgg16.epochs.slice(0, 1) }, { quantity: 'accuracy' }),
  ],
  [
    'roc',
    () =>
      rankingChart(splits, {
        kind: 'roc',
        positive: 'car',
        mark: { x: 0.1, y: 0.1 ** 0.2, text: 'from 0.43 on' },
      }),
  ],
  ['roc-narrow', () => rankingChart(splits, { kind: 'roc', width: 340, height: 320 })],
  [
    'roc-many-classes',
    () =>
      rankingChart(
        Array.from({ length: 12 }, (_, i) => bent(`class ${i}`, 'validation', 0.05 * (i + 1))),
        { kind: 'roc' },
      ),
  ],
  [
    'precision-recall',
    () => rankingChart(splits.map(falling), { kind: 'precision-recall', positive: 'car', chance: 0.5 }),
  ],
  [
    'calibration',
    () =>
      calibrationChart([
        { split: 'validation', bins, expectedError: 0.062 },
        {
          split: 'training',
          bins: bins.map((bin) => ({ ...bin, accuracy: bin.confidence })),
          expectedError: 0,
        },
      ]),
  ],
  [
    'learning-rates',
    () =>
      rateChart(
        Array.from({ length: 90 }, (_, i) => ({
          learningRate: 1e-5 * 10 ** (i / 20),
          loss: 0.69 - 0.25 / (1 + Math.exp((50 - i) / 6)) + Math.max(0, i - 72) ** 2 * 0.01,
        })),
        { suggestion: 0.0063 },
      ),
  ],
  ['score-histogram', () => scoreHistogram(scores, { classes: ['other', 'car'] })],
];

test.each(charts)('%s', async (name, draw) => {
  const svg = draw();
  await expect(`${svg}\n`).toMatchFileSnapshot(`__snapshots__/${name}.svg`);
  expect(draw(), 'the same bytes twice').toBe(svg);
  const root = parseHTML(`<html><body>${svg}</body></html>`).document.querySelector('svg')!;
  expect(root.getAttribute('role')).toBe('img');
  expect(root.getAttribute('aria-label')).toBeTruthy();
  expect(root.getAttribute('aria-description')).toMatch(/\d/);
});

test('each epoch has its dot, at the height of its value', () => {
  const svg = historyChart(
    { name: 'run', epochs: vgg16.epochs },
    { quantity: 'accuracy', width: 540, height: 300 },
  );
  const root = parseHTML(`<html><body>${svg}</body></html>`).document.querySelector('svg')!;
  const dots = [...root.querySelectorAll('circle')];
  expect(dots).toHaveLength(20);
  // The axis goes from 0.8 (266 pixels from the top) to 1 (34).
  const first = vgg16.epochs[0]!.training!;
  expect(Number(dots[0]!.getAttribute('cy'))).toBeCloseTo(34 + ((1 - first) / 0.2) * 232, 1);
  expect(dots[0]!.querySelector('title')!.textContent).toBe(
    `run, epoch 1: training accuracy ${first.toFixed(3)}`,
  );
});

test('a thousand epochs are lines without dots', () => {
  const svg = historyChart(history('long', 1000, 0.5, 0.9), { quantity: 'accuracy' });
  expect(svg).not.toContain('<circle');
  expect(svg.length).toBeLessThan(60_000);
});

test('a loss that overflowed leaves a gap and is said so', () => {
  const epochs = [
    { epoch: 1, training: 0.7, validation: 0.69 },
    { epoch: 2, training: null, validation: null },
  ];
  const svg = historyChart({ name: 'run', epochs }, { quantity: 'loss' });
  expect(svg).toContain('training loss goes from 0.700 to overflowed');
  expect(svg).not.toContain('NaN');
  const nothing = historyChart({ name: 'run', epochs: epochs.slice(1) }, { quantity: 'loss' });
  expect(nothing).not.toContain('NaN');
});

test('names are text, whatever stands in them', () => {
  const svg = accuracyBars([{ name: '<img src=x onerror=alert(1)> & "co"', accuracy: 0.5, state: 'sound' }]);
  expect(svg).not.toContain('<img');
  expect(svg.match(/&lt;img/g)).toHaveLength(3);
  expect(svg, 'well-formed as a file of its own').not.toMatch(/&(?!lt;|gt;|amp;|quot;)/);
});

test('nothing to draw is an error that says what was needed', () => {
  expect(() => accuracyBars([])).toThrow('at least one run');
  expect(() => historyChart({ name: 'run', epochs: [] }, { quantity: 'loss' })).toThrow(
    'needs at least one epoch, and run has none',
  );
  expect(() => scoreHistogram([], { classes: ['a', 'b'] })).toThrow('at least one');
  expect(() => rankingChart([], { kind: 'roc' })).toThrow('at least one');
  expect(() => rateChart([], { suggestion: 1 })).toThrow('at least one');
  expect(() => calibrationChart([])).toThrow('at least one image');
});

test('a point of a curve lies at its rates, and the diagonal at those of chance', () => {
  const curve = { ...bent('validation', 'validation', 1), x: [0, 0.25, 1], y: [0, 0.75, 1] };
  const svg = rankingChart([curve], { kind: 'roc', width: 454, height: 480 });
  // The frame is 400 pixels square, from 40 and 34.
  expect(svg).toContain('M40,434L140,134L440,34');
  expect(svg).toContain('M40,434L440,34');
});

test('of many curves the lowest and the highest are named', () => {
  const many = Array.from({ length: 9 }, (_, i) => bent(`class ${i}`, 'validation', 0.1 * (i + 1)));
  const svg = rankingChart(many, { kind: 'roc' });
  for (const name of ['class 0 0.909', 'class 2 0.769', '3 more', 'class 6 0.588', 'class 8 0.526'])
    expect(svg).toContain(name);
  expect(svg).not.toContain('>class 4 0.667 (');
});

test('a bin has its dot at its confidence and share, and one that is empty has none', () => {
  const svg = calibrationChart([{ split: 'validation', bins, expectedError: 0.1 }], {
    width: 554,
    height: 480,
  });
  const root = parseHTML(`<html><body>${svg}</body></html>`).document.querySelector('svg')!;
  const dots = [...root.querySelectorAll('circle')];
  expect(dots).toHaveLength(5);
  // Confidences begin at 0.5: the frame is 500 pixels wide from 40, and 400 high from 34.
  expect(Number(dots[0]!.getAttribute('cx'))).toBeCloseTo(40 + 0.1 * 500, 1);
  expect(Number(dots[0]!.getAttribute('cy'))).toBeCloseTo(34 + (1 - 0.55 ** 1.5) * 400, 1);
  expect(dots[0]!.querySelector('title')!.textContent).toBe(
    'of 55 validation images at 0.550, 0.408 are right',
  );
});

test('a heat map of many classes: only cells with images, names where they can be read', async () => {
  const classes = Array.from({ length: 30 }, (_, k) =>
    k === 3 ? 'a <very> long name of a class & more' : `class ${k}`,
  );
  const counts = classes.map((_, i) =>
    classes.map((_, j) => (i === j ? 5 : (i * 7 + j * 3) % 41 === 0 ? 1 : 0)),
  );
  const svg = confusionHeatmap(counts, classes, { width: 860, href: (i, j) => `m.html#p${i}-${j}` });
  await expect(svg).toMatchFileSnapshot('./__snapshots__/confusion-heatmap.svg');
  const cells = counts.flat().filter((count) => count > 0).length;
  expect(svg.match(/<title>/g)).toHaveLength(cells);
  expect(svg).toContain('href="m.html#p0-0"');
  expect(svg).toContain('a &lt;very&gt;');
  // Too narrow for names.
  expect(confusionHeatmap(counts, classes, { width: 350 })).not.toContain('text-anchor="end"');
  expect(() => confusionHeatmap([], [])).toThrow('at least one class');
});

test('a learning curve, and a learning-rate schedule', async () => {
  const points = [
    { images: 100, accuracy: 0.6, interval: [0.55, 0.65] as const },
    { images: 25, accuracy: 0.42, interval: [0.36, 0.48] as const },
    { images: 50, accuracy: 0.53 },
  ];
  await expect(learningCurveChart(points)).toMatchFileSnapshot('./__snapshots__/learning-curve.svg');
  expect(() => learningCurveChart(points.slice(1, 2))).toThrow('at least two points');
  const epochs = Array.from({ length: 20 }, (_, i) => ({
    epoch: i + 1,
    learningRate: 0.01 * Math.cos((i / 20) * 1.5),
  }));
  await expect(scheduleChart(epochs)).toMatchFileSnapshot('./__snapshots__/schedule.svg');
  expect(() => scheduleChart([])).toThrow('at least one epoch');
});

test('a loss far beyond the others is marked at the edge, and the kept epoch by a line', async () => {
  const diverging: HistoryRun = {
    name: 'diverging',
    epochs: [1792, 2.1, 1.8, 1.5, 1.4, 1.3, 1.25, 1.2].map((loss, i) => ({
      epoch: i + 1,
      training: loss,
      validation: loss * 1.1,
    })),
  };
  const svg = historyChart(diverging, { quantity: 'loss', kept: 3 });
  await expect(svg).toMatchFileSnapshot('./__snapshots__/history-outlier.svg');
  expect(svg).toContain('kept: epoch 3');
  expect(svg).toContain('training loss 1792');
  // The axis ends where the usual values do.
  expect(svg).not.toMatch(/>\s*2,?000\s*</);
});

/** Groups of images around a circle, every ninth of them predicted wrong. */
const mapPoints = (count: number, classes: number): MapPoint[] =>
  Array.from({ length: count }, (_, i) => {
    const label = i % classes;
    const angle = (label / classes) * 2 * Math.PI;
    const [u, v] = [Math.sin(i * 12.9898), Math.sin(i * 78.233)];
    return {
      x: Math.cos(angle) + 0.35 * u,
      y: Math.sin(angle) * 1.4 + 0.35 * v,
      label,
      isMistake: i % 9 === 0,
      title: `image <${i}>`,
    };
  });

const sheet = { href: 'map.jpg', side: 40, columns: 40 };

test('a map of few classes colors them, rings mistakes, and lies across', async () => {
  const classes = ['daisy', 'dandelion', 'roses', 'sun & flowers', 'tulips'];
  const svg = featureMapChart(mapPoints(120, 5), { classes, sheet, width: 700 });
  await expect(svg).toMatchFileSnapshot('./__snapshots__/feature-map.svg');
  const { document } = parseHTML(svg);
  const dots = [...document.querySelectorAll('.dots circle')];
  expect(dots.length).toBe(120);
  expect(dots.filter((dot) => dot.getAttribute('class') === 'wrong').length).toBe(14);
  const [, , width, height] = document.querySelector('svg')!.getAttribute('viewBox')!.split(' ').map(Number);
  // The points reach further up than across.
  expect(width).toBeGreaterThan(height!);
});

test('thumbnails and names do not cover each other, and stay within the map, at 1,500 images of 81 classes', () => {
  const classes = Array.from({ length: 81 }, (_, k) => `a class with a long name ${k}`);
  for (const width of [350, 1080]) {
    const svg = featureMapChart(mapPoints(1500, 81), { classes, sheet, width, hasTitles: width > 500 });
    const { document } = parseHTML(svg);
    const [, , , height] = document.querySelector('svg')!.getAttribute('viewBox')!.split(' ').map(Number);
    const numbers = (element: { getAttribute(name: string): string | null }, ...names: string[]) =>
      names.map((name) => Number(element.getAttribute(name)));
    const tiles = [...document.querySelectorAll('.thumbnails rect')].map((rect) =>
      numbers(rect, 'x', 'y', 'width'),
    );
    expect(tiles.length).toBeGreaterThan(30);
    tiles.forEach(([x, y, side], i) => {
      expect(x! >= 0 && y! >= 0 && x! + side! <= width && y! + side! <= height!).toBe(true);
      for (const [u, v] of tiles.slice(i + 1))
        expect(Math.max(Math.abs(x! - u!), Math.abs(y! - v!))).toBeGreaterThanOrEqual(side!);
    });
    // A page has 300 kB for everything.
    expect(svg.length).toBeLessThan(width > 500 ? 240_000 : 140_000);
  }
});

test('a map of one image, or of equal ones, is drawn', () => {
  const point = { x: 0, y: 0, label: 0, isMistake: false, title: 'one' };
  for (const points of [[point], [point, point]]) {
    expect(featureMapChart(points, { classes: ['a'], sheet })).not.toContain('NaN');
  }
  expect(() => featureMapChart([], { classes: ['a'], sheet })).toThrow('at least one image');
});

test('the curves of several runs lie over each other, each marked with its run and named at its end', async () => {
  const runs = Array.from({ length: 9 }, (_, i) => {
    const { name, epochs } = history(
      `experiment ${i} with a rather long name`,
      4 + 2 * i,
      0.5,
      0.7 + 0.03 * i,
    );
    return { name, id: `run-${i}`, values: epochs.map(({ validation }) => validation) };
  });
  const svg = runsChart(runs, { quantity: 'accuracy' });
  await expect(`${svg}\n`).toMatchFileSnapshot('./__snapshots__/runs-accuracy.svg');
  const { document } = parseHTML(svg);
  for (const [i, { id }] of runs.entries()) {
    const parts = [...document.querySelectorAll(`[data-run="${id}"]`)];
    expect(
      parts.some((part) => part.textContent!.includes(`experiment ${i}`)),
      id,
    ).toBe(true);
    // Eight colors, then dashes.
    expect(
      parts.some((part) => part.hasAttribute('stroke-dasharray')),
      id,
    ).toBe(i === 8);
  }
  // A loss that overflowed leaves a gap, one far above the others is drawn at the edge, and a run without epochs is left out.
  const losses = runsChart(
    [
      { name: 'good', id: 'good', values: [1, 0.5, 0.4, 0.3, 0.3] },
      { name: 'diverged', id: 'diverged', values: [1, 1e6, null] },
      { name: 'head', id: 'head', values: [] },
    ],
    { quantity: 'loss' },
  );
  expect(losses).toContain('data-run="diverged"');
  expect(losses).not.toContain('data-run="head"');
  expect(() => runsChart([{ name: 'a', id: 'a', values: [] }], { quantity: 'loss' })).toThrow(
    'a run with an epoch',
  );
});
