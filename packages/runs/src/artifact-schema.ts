/**
 * The schemas of a run's artifacts: what the site draws and training alone knows. An *artifact* is data or a small
 * picture in `artifacts/`, never a chart. The file that each describes is in its doc comment.
 *
 * A *sheet* is a PNG of equal tiles, row by row, with a JSON file that says what each tile shows.
 */
import { z } from 'zod';

/** `layers.json`, `backbone-layers.json`: one row a layer, and the number of parameters of all. */
export const layerTableSchema = z.object({
  layers: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      /** Null stands for the batch. */
      outputShape: z.array(z.number().int().nullable()),
      parameters: z.number().int().nonnegative(),
    }),
  ),
  total: z.number().int().nonnegative(),
});

function sheetOf<Item extends z.ZodRawShape>(item: Item) {
  return z.object({
    /** Height and width of a tile in pixels. */
    tile: z.tuple([z.number().int().positive(), z.number().int().positive()]),
    columns: z.number().int().positive(),
    items: z.array(z.object({ path: z.string(), label: z.string(), ...item })),
  });
}

/** The pictures of a data check: `check.json` describes `pictures.png`. */
export const samplesSchema = sheetOf({});

/** `augmented.json`, for `augmented.png`: `parameters` are those drawn for that image. */
export const augmentedSchema = sheetOf({ parameters: z.record(z.string(), z.unknown()) });

/** `guesses.json`: what a pretrained network's own classes say about some validation images. */
export const guessesSchema = z.object({
  network: z.string(),
  /** Where its weights came from. */
  weights: z.string(),
  images: z.array(
    z.object({
      path: z.string(),
      label: z.string(),
      /** The five most probable classes, the most probable first. */
      classes: z.array(z.object({ name: z.string(), probability: z.number() })),
    }),
  ),
});

/** `rate.json`: what the learning-rate finder saw, step by step; losses are smoothed. */
export const rateSchema = z.object({
  curve: z.array(z.object({ learningRate: z.number().positive(), loss: z.number() })).min(1),
  suggestion: z.number().positive(),
});

/**
 * `thumbnails.jsonl`: a line per image that the site shows, small and in its own proportions. All mistakes are among
 * them, and as many of the other images as are worth their bytes.
 */
export const thumbnailSchema = z.object({
  /** Relative to the data's root, as in `predictions.jsonl`. */
  path: z.string(),
  label: z.string(),
  split: z.enum(['train', 'validation', 'test']),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** A JPEG file in base64. */
  jpeg: z.base64(),
});

export type ThumbnailRow = z.infer<typeof thumbnailSchema>;
export type LayerTable = z.infer<typeof layerTableSchema>;
export type Augmented = z.infer<typeof augmentedSchema>;
export type Rate = z.infer<typeof rateSchema>;
export type Guesses = z.infer<typeof guessesSchema>;
