// The classifier on VGG16's features: a linear hidden layer on what its convolutions give (2x2x512 at 64x64).

import type { LayerRow } from './table.ts';

export const denseBackend: readonly LayerRow[] = [
  { layer: 'flatten' },
  { layer: 'dense', units: 256, l2: 0.001 },
];
