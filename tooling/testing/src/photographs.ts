// Photographs that no one took: pictures of one hue per class under noise, which a small network learns in a few epochs
// and not without mistakes.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '@sightline/image';

export interface PhotographOptions {
  classes: readonly string[];
  /** Images per class in each split. */
  counts: Readonly<Record<string, number>>;
  /** Width and height in pixels. Default: 64. */
  size?: number;
  /** How far pixel values stray, 0 to 255: more noise, more mistakes. Default: 120. */
  noise?: number;
}

/** Writes `DIR/<split>/<class>/<number>.png`. The same options give the same bytes. */
export function writePhotographs(dir: string, options: PhotographOptions): void {
  const { classes, counts, size = 64, noise = 120 } = options;
  let state = 1;
  // A linear congruential generator (Numerical Recipes): the same images each time.
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (const [split, count] of Object.entries(counts)) {
    for (const [k, name] of classes.entries()) {
      const folder = join(dir, split, name);
      mkdirSync(folder, { recursive: true });
      const angle = (2 * Math.PI * k) / classes.length;
      for (let i = 0; i < count; i++) {
        // Each picture's own tint: a fifth of them lie nearer to another class than to their own.
        const tint = angle + (random() - 0.5) * 1.28 * ((2 * Math.PI) / classes.length);
        const hue = [0, 1, 2].map((c) => 128 + 70 * Math.cos(tint - (2 * Math.PI * c) / 3));
        const data = new Uint8Array(size * size * 3);
        for (let at = 0; at < data.length; at++)
          data[at] = Math.max(0, Math.min(255, hue[at % 3]! + (random() - 0.5) * noise));
        const picture = { data, width: size, height: size, channels: 3 } as const;
        writeFileSync(join(folder, `${i}.png`), encodePng(picture, { compression: 'none' }));
      }
    }
  }
}
