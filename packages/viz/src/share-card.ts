// The picture that other programs show of a link to a run: its name, its accuracy and its classes. Its text is set in
// fonts that the caller brings, DejaVu's, so that it is the same on every machine.

import { decimal, visible } from '@sightline/core';
import { escapeXml } from './chart/svg.ts';

export interface ShareCard {
  /** The data set. */
  title: string;
  run: string;
  /** 0 to 1; null for a run without a result. */
  accuracy: number | null;
  /** What stands below the accuracy, or in its place. */
  detail: string;
  /** The share of each class's images that are found, 0 to 1. */
  classes: readonly { name: string; recall: number }[];
}

/** In pixels, as social networks and chat programs ask for it. */
export const SHARE_CARD = { width: 1200, height: 630 };

/** Classes that are shown: of more, as many of the lowest and of the highest recall. */
const MOST_CLASSES = 8;
const [INK, MUTED, LINE, PAPER, ACCENT] = ['#1c1f22', '#5d6369', '#e3e0d8', '#fbfaf7', '#17607f'];
/** Left edges of the words and of the bars, and the right edge of both halves. */
const [LEFT, MIDDLE, RIGHT] = [72, 660, 1128];
/** A character of DejaVu Sans and of DejaVu Serif Bold is about this wide, in its size. */
const [SANS_WIDTH, SERIF_WIDTH] = [0.6, 0.68];

/** The card as a standalone SVG document. */
export function shareCard(card: ShareCard): string {
  const { accuracy, detail } = card;
  const [title, run] = [visible(card.title), visible(card.run)];
  const classes = card.classes.map(({ name, recall }) => ({ name: visible(name), recall }));
  const width = (classes.length > 0 ? MIDDLE - 60 : RIGHT) - LEFT;
  const runSize = Math.max(34, Math.min(64, width / (SERIF_WIDTH * run.length)));
  const lines = wrapped(detail, Math.floor(width / (SANS_WIDTH * 26)));
  const parts = [
    `<rect width="${SHARE_CARD.width}" height="${SHARE_CARD.height}" fill="${PAPER}"/>`,
    `<rect width="14" height="${SHARE_CARD.height}" fill="${ACCENT}"/>`,
    text(cut(title, width / (SANS_WIDTH * 28)), { x: LEFT, y: 112, size: 28, fill: MUTED }),
    text(cut(run, width / (SERIF_WIDTH * runSize)), { x: LEFT, y: 186, size: runSize, isSerif: true }),
    ...(accuracy === null
      ? []
      : [
          text(decimal(accuracy), { x: LEFT - 6, y: 364, size: 150, fill: ACCENT, isSerif: true }),
          text('accuracy', { x: LEFT, y: 412, size: 28, fill: INK }),
        ]),
    ...lines.map((line, i) => text(line, { x: LEFT, y: 462 + 36 * i, size: 26, fill: MUTED })),
    ...bars(classes),
    text('Sightline', { x: RIGHT, y: 590, size: 24, fill: MUTED, anchor: 'end' }),
  ];
  const { width: w, height: h } = SHARE_CARD;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}">${parts.join('')}</svg>`;
}

function bars(classes: ShareCard['classes']): string[] {
  if (classes.length === 0) return [];
  const sorted = classes.toSorted((a, b) => b.recall - a.recall);
  const half = MOST_CLASSES / 2;
  const shown = sorted.length > MOST_CLASSES ? [...sorted.slice(0, half), ...sorted.slice(-half)] : sorted;
  const step = Math.min(64, 400 / shown.length);
  const words =
    sorted.length > MOST_CLASSES ? `Recall, ${half} best and ${half} worst of ${sorted.length}` : 'Recall';
  const start = 150 + (400 - step * shown.length) / 2;
  const [from, to] = [MIDDLE + 222, RIGHT - 80];
  return [
    text(words, { x: MIDDLE, y: 112, size: 24, fill: MUTED }),
    ...shown.flatMap(({ name, recall }, i) => {
      const y = start + step * i;
      const thickness = step * 0.5;
      const base = y + thickness / 2 + 8;
      return [
        text(cut(name, 208 / (SANS_WIDTH * 22)), { x: from - 14, y: base, size: 22, anchor: 'end' }),
        `<rect x="${from}" y="${y}" width="${to - from}" height="${thickness}" fill="${LINE}"/>`,
        `<rect x="${from}" y="${y}" width="${(to - from) * recall}" height="${thickness}" fill="${ACCENT}"/>`,
        text(decimal(recall), { x: RIGHT, y: base, size: 22, anchor: 'end' }),
      ];
    }),
  ];
}

interface Type {
  x: number;
  y: number;
  size: number;
  fill?: string;
  anchor?: 'start' | 'end';
  isSerif?: boolean;
}

function text(words: string, { x, y, size, fill = INK, anchor = 'start', isSerif = false }: Type): string {
  const font = isSerif
    ? 'font-family="DejaVu Serif, serif" font-weight="700"'
    : 'font-family="DejaVu Sans, sans-serif"';
  return `<text x="${x}" y="${y.toFixed(1)}" ${font} font-size="${size.toFixed(1)}" fill="${fill}" text-anchor="${anchor}">${escapeXml(words)}</text>`;
}

/** The text, or as much of it as has this many characters. */
function cut(words: string, most: number): string {
  const letters = [...words];
  return letters.length <= most ? words : `${letters.slice(0, Math.floor(most) - 1).join('')}…`;
}

/** Lines of at most so many characters, broken between words; four of them. */
function wrapped(words: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(cut(word, most));
  }
  return lines.slice(0, 4);
}
