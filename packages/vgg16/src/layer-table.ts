// VGG16's layers as a person reads them: name, kind, output shape (null is the batch) and parameters.

import { denseLayersOf, IMAGE_CHANNELS, layersOf } from './architecture.ts';

export interface LayerRow {
  readonly name: string;
  readonly type: 'input' | 'convolution' | 'max pooling' | 'flatten' | 'dense';
  readonly outputShape: readonly (number | null)[];
  readonly parameters: number;
}

export interface LayerTableOptions {
  /** With the three dense layers for 1,000 classes (their widths are those of 224x224 images). */
  readonly top?: boolean;
  /** Height and width of an image. */
  readonly inputSize?: readonly [number, number];
}

/** One row a layer. With its top, on 224x224 images, the parameters add up to 138,357,544. */
export function layerTable({ top = true, inputSize = [224, 224] }: LayerTableOptions = {}): LayerRow[] {
  let [height, width] = inputSize;
  let channels = IMAGE_CHANNELS;
  const row = (name: string, type: LayerRow['type'], outputShape: number[], parameters = 0): LayerRow => ({
    name,
    type,
    outputShape: [null, ...outputShape],
    parameters,
  });
  const rows = [row('input', 'input', [height, width, channels])];
  for (const layer of layersOf()) {
    if (layer.kind === 'convolution') {
      channels = layer.filters;
      const parameters = 9 * layer.channels * layer.filters + layer.filters;
      rows.push(row(layer.name, 'convolution', [height, width, channels], parameters));
    } else {
      [height, width] = [Math.floor(height / 2), Math.floor(width / 2)];
      rows.push(row(layer.name, 'max pooling', [height, width, channels]));
    }
  }
  if (!top) return rows;
  const flat = height * width * channels;
  rows.push(row('flatten', 'flatten', [flat]));
  for (const { name, inputs, units } of denseLayersOf(flat)) {
    rows.push(row(name, 'dense', [units], inputs * units + units));
  }
  return rows;
}
