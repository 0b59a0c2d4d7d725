/** Pretrained networks behind one interface. */

export type {
  Appended,
  AppendOptions,
  Backbone,
  ClassName,
  FedWeights,
  LayerRow,
  Ranges,
  Size,
  WeightsInfo,
} from './backbone.ts';
export type { ConvolutionLayer, Layer, MaxPoolingLayer, MeanLayer } from './layer.ts';
export { floats, readSafetensors, type Safetensors, type StoredTensor } from './weights/safetensors.ts';
