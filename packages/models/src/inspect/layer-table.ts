// The layer table: what Keras' `summary` shows, as rows.

import type { LayerTable } from '@sightline/runs';
import type * as tfl from '@tensorflow/tfjs-layers';

/** A row for each layer but the input, and the number of all parameters, untrained ones included. */
export function layerTable(model: tfl.LayersModel): LayerTable {
  const layers = model.layers
    .filter((layer) => layer.getClassName() !== 'InputLayer')
    .map((layer) => ({
      name: layer.name,
      type: layer.getClassName(),
      outputShape: layer.outputShape as (number | null)[],
      parameters: layer.countParams(),
    }));
  return { layers, total: layers.reduce((sum, row) => sum + row.parameters, 0) };
}
