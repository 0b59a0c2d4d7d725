// VGG16 as an ONNX Runtime session: features, the five most probable classes, the layer table.

export { readSafetensors, type Safetensors, type StoredTensor } from '@sightline/backbone';
export { type ErrorCode, SightlineError } from '@sightline/core';
export { VGG16 } from './architecture.ts';
export { type CalibrationOptions, calibrate } from './calibrate.ts';
export { createVgg16, type Vgg16Options } from './create-vgg16.ts';
export type { Calibration } from './graph/int8.ts';
export type { Algorithm } from './graph/vgg16-graph.ts';
export { type LayerRow, type LayerTableOptions, layerTable } from './layer-table.ts';
export { PROVIDER_ORDER, type Provider } from './providers.ts';
export type { ClassName, Guess, RunOptions, Vgg16 } from './vgg16.ts';
export { firstLayerKernels, type Top } from './weights.ts';
