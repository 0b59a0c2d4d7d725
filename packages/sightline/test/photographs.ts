/**
 * A data set that a network can learn in an instant: 64 x 64 PNGs, bright ones and dark ones with noise, in
 * `DIR/train|validation|test/<class>`.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@sightline/viz';

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `sightline-${name}-`));
}

/** Classes `bright` and `dark`, so many images of each in each split. */
export function writePhotographs(
  counts: Readonly<Record<string, number>> = { train: 24, validation: 8 },
): string {
  const root = temporaryFolder('photographs');
  let state = 1;
  // A linear congruential generator (Numerical Recipes): the same images each time.
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 25;
  };
  for (const [split, count] of Object.entries(counts)) {
    for (const [name, level] of [
      ['bright', 120],
      ['dark', 10],
    ] as const) {
      const folder = join(root, split, name);
      mkdirSync(folder, { recursive: true });
      for (let i = 0; i < count; i++) {
        const data = new Uint8Array(64 * 64 * 3);
        for (let at = 0; at < data.length; at++) data[at] = level + noise();
        const picture = { data, width: 64, height: 64, channels: 3 } as const;
        writeFileSync(join(folder, `${i}.png`), encodePng(picture, { compression: 'none' }));
      }
    }
  }
  return root;
}
