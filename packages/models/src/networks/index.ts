// The networks that experiments name. Each is a function of the input's shape and the number of classes.

import type * as tfl from '@tensorflow/tfjs-layers';
import { baseline } from './baseline.ts';
import { denseBackend } from './dense-backend.ts';
import { depthwise } from './depthwise.ts';
import { residual } from './residual.ts';
import { sequential } from './table.ts';

/** An untrained classifier for inputs of this shape (without the batch) and this number of classes. */
export type Network = (inputShape: readonly number[], classes: number) => tfl.LayersModel;

export const networks = {
  baseline: (inputShape, classes) => sequential('baseline', baseline, inputShape, classes),
  'dense-backend': (inputShape, classes) => sequential('dense-backend', denseBackend, inputShape, classes),
  residual,
  depthwise: (inputShape, classes) => sequential('depthwise', depthwise, inputShape, classes),
} as const satisfies Record<string, Network>;

export type NetworkName = keyof typeof networks;
