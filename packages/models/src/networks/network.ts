import type * as tfl from '@tensorflow/tfjs-layers';

/** Builds an untrained classifier for inputs of this shape (without the batch) and this number of classes. */
export type Network = (inputShape: readonly number[], classes: number) => tfl.LayersModel;
