/** A network as a table: its layers in order, each named as its tensors are. */

interface LayerBase {
  /** Unique in the network; its tensors are `<name>.weight` and `<name>.bias`. */
  readonly name: string;
  /** The block it belongs to; layers of a block follow each other. */
  readonly block: string;
}

/** A convolution with bias and TensorFlow's SAME padding (the odd pixel goes to the bottom and the right). */
export interface ConvolutionLayer extends LayerBase {
  readonly kind: 'convolution';
  readonly channels: number;
  readonly filters: number;
  readonly kernelSize: number;
  readonly stride: number;
  /** `channels` for a depthwise convolution, 1 otherwise. */
  readonly groups: number;
  readonly activation: 'linear' | 'relu' | 'relu6';
  /** Adds the input of its block to its output. */
  readonly residual: boolean;
}

/** Max pooling of squares without padding: sides are rounded down. */
export interface MaxPoolingLayer extends LayerBase {
  readonly kind: 'max-pooling';
  readonly poolSize: number;
}

/** The mean over all pixels, one value per channel. */
export interface MeanLayer extends LayerBase {
  readonly kind: 'mean';
}

export type Layer = ConvolutionLayer | MaxPoolingLayer | MeanLayer;
