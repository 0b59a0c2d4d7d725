// Images in two dimensions: a dot for each, and a thumbnail wherever there is room for one. What was predicted wrong is
// ringed. A page's script may zoom: dots stand in the order of the sheet and say their class.

import { SightlineError } from '@sightline/core';
import { fitted, widthOf } from './frame.ts';
import { escapeXml } from './svg.ts';
import { color } from './theme.ts';

export interface MapPoint {
  /** In any unit: the map is scaled to its points, and gaps between groups are narrowed. */
  readonly x: number;
  readonly y: number;
  /** Index into `classes`. */
  readonly label: number;
  readonly isMistake: boolean;
  /** What there is to say about the image. */
  readonly title: string;
}

/** Thumbnails in one picture, row by row, in the order of the points. */
export interface MapSheet {
  readonly href: string;
  /** Pixels of a tile's side. */
  readonly side: number;
  readonly columns: number;
}

export interface FeatureMapOptions {
  readonly classes: readonly string[];
  readonly sheet: MapSheet;
  /** Pixels; the height follows from the points. Default: 1080. */
  readonly width?: number;
  /** Pixels of a thumbnail's side. Default: 28. */
  readonly thumbnail?: number;
  /** Whether each dot says what it is. Default: true. */
  readonly hasTitles?: boolean;
}

/** Up to here each class has a color of its own: more are not told apart. Observable's ten. */
const COLORS = [
  ...['#4269d0', '#efb118', '#ff725c', '#6cc5b0', '#3ca951'],
  ...['#ff8ab7', '#a463f2', '#97bbf5', '#9c6b4e', '#9498a0'],
];
/** Pixels of a dot's radius; that of a ring is twice as long. */
const RADIUS = 2.5;
/** A map for a phone has smaller dots, and is as high as it is wide. */
const SMALL_RADIUS = 1.7;
const NARROW = 500;
const FONT = 12;
/** Pixels of a class' name. */
const WIDEST_NAME = 180;

/** The map as SVG. Throws SightlineError `empty` where there is no point. */
export function featureMapChart(points: readonly MapPoint[], options: FeatureMapOptions): string {
  if (points.length === 0)
    throw new SightlineError('empty', 'A map needs at least one image, and none came.');
  const { classes, sheet, width = 1080, thumbnail = 28, hasTitles = true } = options;
  const { places, height } = scaled(points, width, thumbnail / 2 + 4);
  const hasColors = classes.length <= COLORS.length;
  const radius = width < NARROW ? SMALL_RADIUS : RADIUS;
  const mistakes = points.filter(({ isMistake }) => isMistake).length;
  const dots = points.map(({ label, isMistake, title }, i) => {
    const [x, y] = places[i]!;
    const fill = hasColors ? ` fill="${COLORS[label]}"` : isMistake ? ' fill-opacity="0.3"' : '';
    const ring = isMistake ? ` class="wrong" stroke-width="${0.8 * radius}"` : '';
    const words = hasTitles ? `><title>${escapeXml(title)}</title></circle>` : '/>';
    return `<circle cx="${x}" cy="${y}" r="${isMistake ? 2 * radius : radius}"${fill}${ring} data-k="${label}"${words}`;
  });
  const sheetRows = Math.ceil(points.length / sheet.columns);
  const shown = spacedOut(places, thumbnail + 2);
  const thumbnails = shown.map((i) => {
    const { label, isMistake, title } = points[i]!;
    const [x, y] = places[i]!.map((middle) => round(middle - thumbnail / 2)) as [number, number];
    const [left, top] = [(i % sheet.columns) * sheet.side, Math.trunc(i / sheet.columns) * sheet.side];
    const frame = isMistake ? color.warning : hasColors ? COLORS[label] : color.paper;
    return (
      `<g data-k="${label}"><svg aria-hidden="true" x="${x}" y="${y}" width="${thumbnail}" height="${thumbnail}" viewBox="${left} ${top} ${sheet.side} ${sheet.side}">` +
      `<use href="#${idOf(width)}"/></svg>` +
      `<rect x="${x}" y="${y}" width="${thumbnail}" height="${thumbnail}" fill="none" stroke="${frame}" stroke-width="${isMistake ? 2.5 : 1}" pointer-events="all">` +
      `${hasTitles ? `<title>${escapeXml(title)}</title>` : ''}</rect></g>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" class="map" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" fill="${color.muted}" font-family="inherit" font-size="${FONT}px"`,
    ` aria-label="Map of ${points.length} images" aria-description="Images that the network sees alike are near each other; ${mistakes} that it predicted wrong are ringed.">`,
    `<defs><image id="${idOf(width)}" href="${escapeXml(sheet.href)}" width="${sheet.columns * sheet.side}" height="${sheetRows * sheet.side}"/></defs>`,
    `<g class="dots" stroke="${color.warning}" stroke-width="0">`,
    ...dots,
    '</g><g class="thumbnails">',
    ...thumbnails,
    '</g>',
    `<g class="names" fill="${color.ink}" stroke="${color.paper}" stroke-width="4" stroke-linejoin="round" paint-order="stroke" text-anchor="middle" font-weight="600" pointer-events="none">`,
    ...names(points, places, classes, width),
    '</g></svg>',
  ].join('');
}

/** Two sizes of one map may stand in one page. */
const idOf = (width: number): string => `map-${width}`;
const round = (value: number): number => Math.round(value * 10) / 10;

/** How far points are moved to where even spacing would put them: empty space between groups says nothing. */
const EVENNESS = 0.8;

/** Points as pixels, their longest direction lying across; and the map's height. */
function scaled(points: readonly MapPoint[], width: number, margin: number) {
  const [along, across] = turned(points);
  const [first, second] = [rangeOf(along).span, rangeOf(across).span];
  const ratio = first === 0 ? 0 : second / first;
  const least = width < NARROW ? MOST_RATIO : LEAST_RATIO;
  const height = Math.ceil(width * Math.min(MOST_RATIO, Math.max(least, ratio)));
  const [u, v] = [evened(along), evened(across)];
  const places = points.map((_, i): [number, number] => [
    round(margin + u[i]! * (width - 2 * margin)),
    round(margin + (1 - v[i]!) * (height - 2 * margin)),
  ]);
  return { places, height };
}

/** Coordinates along the direction in which the points vary most, and across it. */
function turned(points: readonly MapPoint[]): [along: number[], across: number[]] {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
  const spread = (of: (dx: number, dy: number) => number) =>
    mean(points.map((point) => of(point.x - x, point.y - y)));
  const covariance = spread((dx, dy) => dx * dy);
  const difference = spread((dx, dy) => dx * dx - dy * dy);
  const angle = Math.atan2(2 * covariance, difference) / 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [
    points.map((point) => (point.x - x) * cos + (point.y - y) * sin),
    points.map((point) => (point.y - y) * cos - (point.x - x) * sin),
  ];
}

/** The height of a map as a share of its width, at least and at most. */
const [LEAST_RATIO, MOST_RATIO] = [0.6, 1];

/** Values from 0 to 1 in the same order, with the gaps between them narrowed. */
function evened(values: readonly number[]): number[] {
  const { low, span } = rangeOf(values);
  if (span === 0) return values.map(() => 0.5);
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
  const ranks = new Float64Array(values.length);
  order.forEach((i, rank) => {
    ranks[i] = rank / (values.length - 1);
  });
  return values.map((value, i) => (1 - EVENNESS) * ((value - low) / span) + EVENNESS * ranks[i]!);
}

function rangeOf(values: readonly number[]): { low: number; span: number } {
  const low = Math.min(...values);
  return { low, span: Math.max(...values) - low };
}

/** As many points as keep so far from each other, in an order that favors none. */
function spacedOut(places: readonly (readonly [number, number])[], distance: number): number[] {
  const order = places.map((_, i) => i).sort((a, b) => scrambled(a) - scrambled(b));
  const chosen: number[] = [];
  for (const i of order) {
    const [x, y] = places[i]!;
    const isFree = chosen.every((other) => {
      const [u, v] = places[other]!;
      return Math.abs(x - u) >= distance || Math.abs(y - v) >= distance;
    });
    if (isFree) chosen.push(i);
  }
  return chosen.sort((a, b) => a - b);
}

/** Knuth's multiplicative hash. */
const scrambled = (i: number): number => Math.imul(i + 1, 2654435761) >>> 0;

/** The names of classes amid their images, the largest classes first, as far as they do not cover each other. */
function names(
  points: readonly MapPoint[],
  places: readonly (readonly [number, number])[],
  classes: readonly string[],
  width: number,
): string[] {
  const members = classes.map((_, k) => places.filter((_, i) => points[i]!.label === k));
  const order = classes.map((_, k) => k).sort((a, b) => members[b]!.length - members[a]!.length);
  const boxes: [left: number, right: number, y: number][] = [];
  // Of many classes the names would cover the pictures.
  const gap = FONT * (classes.length > COLORS.length ? 4 : 1.3);
  return order.flatMap((k) => {
    if (members[k]!.length === 0) return [];
    const text = fitted(classes[k]!, WIDEST_NAME, FONT);
    const half = widthOf(text, FONT) / 2;
    const middle = (axis: 0 | 1) =>
      members[k]!.map((place) => place[axis]).sort((a, b) => a - b)[members[k]!.length >> 1]!;
    const x = Math.min(Math.max(middle(0), half + 2), width - half - 2);
    const y = middle(1) + FONT / 3;
    const [left, right] = [x - half, x + half];
    if (boxes.some(([l, r, v]) => Math.abs(v - y) < gap && left < r && right > l)) return [];
    boxes.push([left, right, y]);
    return [`<text x="${round(x)}" y="${round(y)}">${escapeXml(text)}</text>`];
  });
}
