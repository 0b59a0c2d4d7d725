// VGG16 as a table: a number is a 3x3 convolution with as many filters (padding 1, ReLU), 'M' a 2x2 max pooling.
// Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, configuration D.

export const VGG16 = [
  64,
  64,
  'M',
  128,
  128,
  'M',
  256,
  256,
  256,
  'M',
  512,
  512,
  512,
  'M',
  512,
  512,
  512,
  'M',
] as const;

/** The widths of the dense layers on top: two hidden ones, and 1,000 classes. */
const VGG16_TOP = [4096, 4096, 1000] as const;

/** Height and width of the images that these dense layers fit. */
export const TOP_INPUT_SIZE = [224, 224] as const;

export const IMAGE_CHANNELS = 3;

/** Each pooling halves both sides (rounding down), so this is what a side is divided by on its way through. */
export const REDUCTION = 32;

export interface ConvolutionLayer {
  readonly kind: 'convolution';
  /** `block1_conv1` … `block5_conv3`, as Keras names them. */
  readonly name: string;
  readonly block: number;
  readonly channels: number;
  readonly filters: number;
}

export interface PoolingLayer {
  readonly kind: 'pooling';
  readonly name: string;
  readonly block: number;
}

export type Layer = ConvolutionLayer | PoolingLayer;

/** The table with names and channels: a *block* is what lies between two poolings. */
export function layersOf(table: readonly (number | 'M')[] = VGG16): Layer[] {
  const layers: Layer[] = [];
  let [block, index, channels] = [1, 1, IMAGE_CHANNELS];
  for (const entry of table) {
    if (entry === 'M') {
      layers.push({ kind: 'pooling', name: `block${block}_pool`, block });
      block += 1;
      index = 1;
    } else {
      const name = `block${block}_conv${index++}`;
      layers.push({ kind: 'convolution', name, block, channels, filters: entry });
      channels = entry;
    }
  }
  return layers;
}

export interface DenseLayer {
  /** `fc1`, `fc2`, `predictions`, as Keras names them. */
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
}

const DENSE_NAMES = ['fc1', 'fc2', 'predictions'];

/** The dense layers on top of `inputs` features. */
export function denseLayersOf(inputs = 7 * 7 * 512, widths: readonly number[] = VGG16_TOP): DenseLayer[] {
  return widths.map((units, i) => ({ name: DENSE_NAMES[i]!, inputs: widths[i - 1] ?? inputs, units }));
}
