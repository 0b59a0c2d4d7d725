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

/** `map.json`, for `map.jpg`: validation images in two dimensions, near each other where the network sees them alike. */
export const mapSchema = sheetOf({
  predicted: z.string(),
  /** Within -1 and 1. */
  x: z.number(),
  y: z.number(),
}).extend({
  method: z.enum(['umap', 'pca']),
  /** Numbers per image that were brought to two. */
  features: z.number().int().positive(),
});

/**
 * `activation-maps.json`: for images that were predicted wrong, which places spoke for the predicted class and which for
 * the true one.
 */
export const activationMapsSchema = z.object({
  /** The layer whose activations were weighed. */
  layer: z.string(),
  images: z.array(
    z.object({
      path: z.string(),
      label: z.string(),
      predicted: z.string(),
      /** Rows of values from -1 (for the true class) to 1 (for the predicted one), the largest magnitude being 1. */
      values: z.array(z.array(z.number().min(-1).max(1)).min(1)).min(1),
    }),
  ),
});

/** `activations.json`, for `activations-1.png` and so on: what a pretrained network's layers make of one image. */
export const activationsSchema = z.object({
  network: z.string(),
  /** The image, relative to the data's root. */
  path: z.string(),
  label: z.string(),
  layers: z.array(
    z.object({
      name: z.string(),
      /** Height and width, and channels in all. */
      shape: z.tuple([z.number().int().positive(), z.number().int().positive(), z.number().int().positive()]),
      /** The channels that are shown, row by row in `columns`. */
      channels: z.array(z.number().int().nonnegative()),
      columns: z.number().int().positive(),
      picture: z.string(),
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
  jpeg: z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/),
  /** What the picture was made from and how: the same word is the same picture. */
  key: z.string().optional(),
});

/**
 * `train-features.json`, for `train-features.npy`: the training images of `thumbnails.jsonl` that are its rows. A row is
 * uint8 (columns): what goes into the network's last dense layer, each number 128 more than its share of the row's
 * largest in 127ths, so that cosines between rows are kept.
 */
export const trainFeaturesSchema = z.object({ paths: z.array(z.string()).min(1) });

export type ThumbnailRow = z.infer<typeof thumbnailSchema>;
export type LayerTable = z.infer<typeof layerTableSchema>;
export type Augmented = z.infer<typeof augmentedSchema>;
export type MapRecord = z.infer<typeof mapSchema>;
export type ActivationMapsRecord = z.infer<typeof activationMapsSchema>;
export type ActivationsRecord = z.infer<typeof activationsSchema>;
export type Rate = z.infer<typeof rateSchema>;
export type Guesses = z.infer<typeof guessesSchema>;
