// The layer table as people read it: name, kind, output shape (null is the batch) and parameters.

import type { LayerRow, Size } from '@sightline/backbone';
import { CLASSES, FEATURES, IMAGE_CHANNELS, LAYERS, strided } from './architecture.ts';

/** One row per layer, and one for the image. With the classifier the parameters add up to 4,631,000. */
export function layerRows(imageSize: Size, { top = true }: { readonly top?: boolean } = {}): LayerRow[] {
  const row = (name: string, type: string, shape: readonly number[], parameters = 0): LayerRow => ({
    name,
    type,
    outputShape: [null, ...shape],
    parameters,
  });
  const rows = [row('input', 'input', [...imageSize, IMAGE_CHANNELS])];
  let size = imageSize;
  for (const layer of LAYERS) {
    if (layer.kind === 'convolution') {
      const { name, kernelSize, channels, filters, groups } = layer;
      size = strided(size, layer.stride);
      const parameters = kernelSize ** 2 * (channels / groups) * filters + filters;
      const type = groups === 1 ? 'convolution' : 'depthwise convolution';
      rows.push(row(name, type, [...size, filters], parameters));
    } else rows.push(row(layer.name, layer.kind, [FEATURES]));
  }
  if (top) rows.push(row('classifier', 'dense', [CLASSES], FEATURES * CLASSES + CLASSES));
  return rows;
}
