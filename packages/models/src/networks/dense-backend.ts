// The classifier of the experiment `vgg16-backend`: a linear hidden layer on a backbone's features.

import type { Network } from './network.ts';
import { type LayerRow, sequential } from './table.ts';

const ROWS: readonly LayerRow[] = [{ layer: 'flatten' }, { layer: 'dense', units: 256, l2: 0.001 }];

export const denseBackend: Network = (inputShape, classes) =>
  sequential('dense-backend', ROWS, inputShape, classes);
