// The sheet of augmented images: each beside the image as it was, with what was drawn for it in words.

import { describeAugmentation } from '@sightline/data';
import type { Augmented } from '@sightline/runs';
import type { Assets } from './assets.ts';
import type { AugmentedSheet } from './model.ts';
import { toSheet } from './pictures.ts';

/** Tiles of one image that follow one another belong together. @throws Damaged as toSheet does */
export function toAugmentedSheet(
  folder: string,
  image: string,
  slug: string,
  assets: Assets,
  record: Augmented,
): AugmentedSheet {
  const { items } = record;
  const starts = items.map(({ path }, i) => items[i - 1]?.path !== path);
  const sheet = toSheet(folder, image, slug, assets, record, ({ label, parameters }, i) => {
    const isAsItIs = starts[i] && Object.keys(parameters).length === 0;
    const words = isAsItIs ? 'as it is' : describeAugmentation(parameters);
    return {
      alt: `An image of the class ${label}: ${words}`,
      caption: isAsItIs ? label : 'augmented',
      detail: words,
    };
  });
  const groups: AugmentedSheet['groups'] = [];
  sheet.tiles.forEach((tile, i) => {
    if (starts[i]) groups.push([]);
    groups.at(-1)!.push(tile);
  });
  return { ...sheet, groups };
}
