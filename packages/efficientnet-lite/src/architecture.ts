// EfficientNet-Lite0 as a table: the stem, stages of inverted residual blocks, the head, and the classifier.
// tensorflow/tpu, models/official/efficientnet/lite/efficientnet_lite_builder.py (`efficientnet-lite0`).

import type { ConvolutionLayer, Layer, MeanLayer } from '@sightline/backbone';

/** `repeats` blocks; the stride is the first one's, and `expansion` multiplies the channels inside a block. */
interface Stage {
  readonly repeats: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly expansion: number;
  readonly filters: number;
}

const STAGES: readonly Stage[] = [
  { repeats: 1, kernelSize: 3, stride: 1, expansion: 1, filters: 16 },
  { repeats: 2, kernelSize: 3, stride: 2, expansion: 6, filters: 24 },
  { repeats: 2, kernelSize: 5, stride: 2, expansion: 6, filters: 40 },
  { repeats: 3, kernelSize: 3, stride: 2, expansion: 6, filters: 80 },
  { repeats: 3, kernelSize: 5, stride: 1, expansion: 6, filters: 112 },
  { repeats: 4, kernelSize: 5, stride: 2, expansion: 6, filters: 192 },
  { repeats: 1, kernelSize: 3, stride: 1, expansion: 6, filters: 320 },
];

const IMAGE_CHANNELS = 3;
const STEM_FILTERS = 32;
export const FEATURES = 1280;
export const CLASSES = 1000;

type Settings = Omit<ConvolutionLayer, 'kind' | 'groups' | 'activation' | 'residual'> &
  Partial<ConvolutionLayer>;

const convolution = (settings: Settings): ConvolutionLayer => ({
  kind: 'convolution',
  groups: 1,
  activation: 'relu6',
  residual: false,
  ...settings,
});

/** Expand (1x1, if there is anything to expand), depthwise, project (1x1, linear). */
function blockLayers(block: string, channels: number, stride: number, stage: Stage): ConvolutionLayer[] {
  const { kernelSize, expansion, filters } = stage;
  const inner = channels * expansion;
  const expand = { name: `${block}.expand`, block, channels, filters: inner, kernelSize: 1, stride: 1 };
  const depthwise = {
    name: `${block}.depthwise`,
    block,
    channels: inner,
    filters: inner,
    kernelSize,
    stride,
  };
  const project = { name: `${block}.project`, block, channels: inner, filters, kernelSize: 1, stride: 1 };
  return [
    ...(expansion > 1 ? [convolution(expand)] : []),
    convolution({ ...depthwise, groups: inner }),
    convolution({ ...project, activation: 'linear', residual: stride === 1 && channels === filters }),
  ];
}

function allLayers(): Layer[] {
  const [channels, filters] = [IMAGE_CHANNELS, STEM_FILTERS];
  const layers: ConvolutionLayer[] = [
    convolution({ name: 'stem', block: 'stem', channels, filters, kernelSize: 3, stride: 2 }),
  ];
  let blocks = 0;
  for (const stage of STAGES) {
    for (let i = 0; i < stage.repeats; i++) {
      const stride = i === 0 ? stage.stride : 1;
      layers.push(...blockLayers(`blocks.${blocks++}`, layers.at(-1)!.filters, stride, stage));
    }
  }
  const head = { name: 'head', block: 'head', channels: layers.at(-1)!.filters, filters: FEATURES };
  const mean: MeanLayer = { kind: 'mean', name: 'mean', block: 'mean' };
  return [...layers, convolution({ ...head, kernelSize: 1, stride: 1 }), mean];
}

/** All layers up to the features. */
export const LAYERS: readonly Layer[] = allLayers();
