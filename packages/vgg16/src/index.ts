/** VGG16 as a backbone: its table, weights from several sources, and classifiers on top. */

export type { Guess } from '@sightline/backbone';
export { PROVIDERS as PROVIDER_ORDER, type Provider } from '@sightline/ort';
export { VGG16 } from './architecture.ts';
export { calibrate, createVgg16, firstLayerKernels, layerTable, type Vgg16 } from './create-vgg16.ts';
export { downloadVgg16Weights } from './download.ts';
export { loadVgg16, type Vgg16Options } from './vgg16.ts';
export type { TopName } from './weights.ts';
