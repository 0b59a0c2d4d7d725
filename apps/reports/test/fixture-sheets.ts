// Sheets of made-up pictures: samples, pairs of before and after, mistakes.

import type { RunWriter } from '@sightline/runs';
import { encodePng, imageSheet } from '@sightline/viz';
import { scene, sceneSize, turned } from './scenes.ts';

export function writeSheets(run: RunWriter): void {
  const labels = Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 'car' : 'other'));
  const images = labels.map((label, i) => scene(i + 11, label === 'car'));
  const paths = labels.map((label, i) => `train/${label}/${i}.png`);
  const write = (name: string, pictures: Uint8Array[], items: object[]) => {
    const shape = [pictures.length, sceneSize, sceneSize, 3] as const;
    const sheet = imageSheet(Buffer.concat(pictures), shape);
    run.writeArtifact(`${name}.png`, encodePng(sheet));
    run.writeArtifact(`${name}.json`, { tile: sheet.tile, columns: sheet.columns, items });
  };
  write(
    'samples',
    images,
    labels.map((label, i) => ({ path: paths[i], label })),
  );
  // The image as it is, then augmented; what was drawn is named where it is not neutral.
  const drawn = labels.map((_, i) => ({ rotation: ((i * 37) % 40) - 20 + 0.4, flips: i % 3 === 0 }));
  write(
    'augmented',
    images.flatMap((image, i) => [image, turned(image, drawn[i]!.rotation, drawn[i]!.flips)]),
    labels.flatMap((label, i) => {
      const { rotation, flips } = drawn[i]!;
      const parameters = { rotation, ...(flips ? { horizontalFlip: true } : {}) };
      return [{}, parameters].map((each) => ({ path: paths[i], label, parameters: each }));
    }),
  );
  const wrong = Array.from({ length: 11 }, (_, i) => (i % 3 === 0 ? 'car' : 'other'));
  write(
    'mistakes',
    wrong.map((label, i) => scene(i + 131, label === 'car')),
    wrong.map((label, i) => ({
      path: `validation/${label}/${i}.png`,
      label,
      predicted: label === 'car' ? 'other' : 'car',
      score: label === 'car' ? 0.04 + i * 0.03 : 0.97 - i * 0.03,
    })),
  );
}
