// The layer table: what Keras' `summary` shows, as rows.

import type * as tfl from '@tensorflow/tfjs-layers';

export interface LayerTableRow {
  readonly name: string;
  /** The layer's class as Keras names it: Conv2D, MaxPooling2D, Dense. */
  readonly type: string;
  /** null is the batch. */
  readonly outputShape: (number | null)[];
  readonly parameters: number;
}

export interface LayerTable {
  readonly rows: LayerTableRow[];
  readonly total: number;
}

/** A row for each layer but the input, and the number of all parameters, untrained ones included. */
export function layerTable(model: tfl.LayersModel): LayerTable {
  const rows = model.layers
    .filter((layer) => layer.getClassName() !== 'InputLayer')
    .map((layer) => ({
      name: layer.name,
      type: layer.getClassName(),
      outputShape: layer.outputShape as (number | null)[],
      parameters: layer.countParams(),
    }));
  return { rows, total: rows.reduce((sum, row) => sum + row.parameters, 0) };
}
