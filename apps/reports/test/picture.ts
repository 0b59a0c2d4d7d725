// Makes the pictures of the site that the README shows. The photographs of a data set belong to others, so shapes are
// drawn, a classifier and two networks are trained on them and their site is built, all in a folder for temporary files:
//   pnpm --filter @sightline/reports picture

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Resvg } from '@resvg/resvg-js';
import { chromiumFlags, findChromium } from '@sightline/chromium';
import { sightline } from '@sightline/testing';
import { chromium } from 'playwright-core';

const docs = join(import.meta.dirname, '../../../docs');
/** Which page is which picture, and how many pixels of its height are shown. */
const PICTURES = [
  { page: 'index.html', file: 'site.png', height: 1100 },
  { page: 'runs/transfer/mistakes.html', file: 'mistakes.png', height: 900 },
] as const;

/** The distances of a shape's corners from its center, in turn. */
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  cross: cornersOf(4, 0.28),
  hexagon: Array(6).fill(1),
  'seven-pointed star': cornersOf(7, 0.55),
  square: Array(4).fill(1),
  star: cornersOf(5, 0.45),
  triangle: Array(3).fill(1),
};

const DISK: readonly number[] = Array(24).fill(1);

const executablePath = findChromium();
if (!executablePath) throw new Error('Needed: Chromium, or CHROMIUM_PATH.');

const root = mkdtempSync(join(tmpdir(), 'sightline-picture-'));
try {
  writeShapes(join(root, 'shapes'));
  await call('train', 'shapes');
  await call('train', 'shapes', '--network', 'residual', '--epochs', '12');
  await call('train', 'shapes', '--network', 'baseline', '--epochs', '12', '--learning-rate', '0.001');
  await call('report', 'runs', '--out', 'site', '--models', '0');
  await photograph(join(root, 'site'));
} finally {
  rmSync(root, { recursive: true, force: true });
}

async function call(...args: string[]): Promise<void> {
  const { code, stderr } = await sightline(root, args);
  if (code) throw new Error(`sightline ${args.join(' ')}: ${stderr}`);
}

async function photograph(site: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: executablePath!, args: chromiumFlags });
  for (const { page: name, file, height } of PICTURES) {
    const page = await browser.newPage({ viewport: { width: 1240, height }, colorScheme: 'light' });
    await page.goto(pathToFileURL(join(site, name)).href);
    await page.screenshot({ path: join(docs, file) });
  }
  await browser.close();
}

/** `DIR/<shape>/<number>.png`: shapes of any color, size and turn, on a background of any color, some of them hard to tell. */
function writeShapes(dir: string): void {
  let state = 1;
  // A linear congruential generator (Numerical Recipes): the same images each time.
  const random = (low: number, high: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * state) / 2 ** 32;
  };
  for (const [name, points] of Object.entries(SHAPES)) {
    const folder = join(dir, name);
    mkdirSync(folder, { recursive: true });
    for (let i = 0; i < 60; i++) {
      const [hue, other] = [random(0, 360), random(60, 300)];
      const shapes = Array.from({ length: 7 }, (_, k) => {
        const isSubject = k === 6;
        const outline = outlineOf(isSubject ? points : DISK);
        const size = isSubject ? random(14, 44) : random(4, 16);
        const place = isSubject ? [random(50, 78), random(50, 78)] : [random(0, 128), random(0, 128)];
        const color = hsl(hue + (isSubject ? other : random(-30, 30)), random(35, 80), random(35, 70));
        const transform = `translate(${place}) rotate(${random(0, 360)}) scale(${size} ${size * random(0.6, 1)})`;
        return `<path d="${outline}" fill="${color}" opacity="${isSubject ? 1 : 0.5}" transform="${transform}"/>`;
      });
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"><defs><linearGradient id="g" x2="1" y2="1">
        <stop stop-color="${hsl(hue, 40, random(50, 90))}"/><stop offset="1" stop-color="${hsl(hue + 40, 40, random(20, 60))}"/>
        </linearGradient></defs><rect width="128" height="128" fill="url(#g)"/>${shapes.join('')}</svg>`;
      writeFileSync(join(folder, `${String(i).padStart(2, '0')}.png`), new Resvg(svg).render().asPng());
    }
  }
}

/** Resvg takes whole numbers only. */
function hsl(hue: number, saturation: number, lightness: number): string {
  const [h, s, l] = [(hue + 360) % 360, saturation, lightness].map(Math.round);
  return `hsl(${h}, ${s}%, ${l}%)`;
}

function cornersOf(points: number, inner: number): number[] {
  return Array.from({ length: 2 * points }, (_, i) => (i % 2 ? inner : 1));
}

function outlineOf(corners: readonly number[]): string {
  const places = corners.map((distance, i) => {
    const angle = (2 * Math.PI * i) / corners.length;
    return `${(distance * Math.cos(angle)).toFixed(3)} ${(distance * Math.sin(angle)).toFixed(3)}`;
  });
  return `M${places.join('L')}Z`;
}
