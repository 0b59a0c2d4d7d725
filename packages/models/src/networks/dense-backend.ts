// The classifier of the experiment `vgg16-backend`: a linear hidden layer on a backbone's features.

import type { Network } from './network.ts';
import { type LayerRow, sequential } from './table.ts';

const HIDDEN: LayerRow = { layer: 'dense', units: 256, l2: 0.001 };

/** Features are a map, or flat as those of a backbone that averages its own. */
export const denseBackend: Network = (inputShape, classes) => {
  const rows: LayerRow[] = inputShape.length > 1 ? [{ layer: 'flatten' }, HIDDEN] : [HIDDEN];
  return sequential('dense-backend', rows, inputShape, classes);
};
