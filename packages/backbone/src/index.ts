/** Pretrained networks behind one interface: define one, open it, calibrate it for 8 bits. */

export {
  constantOf,
  feedOf,
  type Preprocessing,
  parametersOf,
  standardize,
  type Tensors,
} from './append/float32.ts';
export { type Arithmetic, appendLayers, preprocessed } from './append/walk.ts';
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
export { calibrate } from './calibrate.ts';
export { type BackboneDefinition, defineBackbone, type Top } from './define.ts';
export { firstKernels } from './first-kernels.ts';
export type { ConvolutionLayer, Layer, MaxPoolingLayer, MeanLayer } from './layer.ts';
export { type Guess, type OpenBackbone, type OpenOptions, openBackbone, type RunOptions } from './open.ts';
export { layerRows } from './table.ts';
export { type DownloadOptions, download, type RemoteFile } from './weights/download.ts';
export { floats, readSafetensors, type Safetensors, type StoredTensor } from './weights/safetensors.ts';
