/** VGG16 as a backbone: its table, weights from several sources, and classifiers on top. */

export { VGG16 } from './architecture.ts';
export { downloadVgg16Weights } from './download.ts';
export { layerTable, loadVgg16, type Vgg16Options } from './vgg16.ts';
export type { TopName } from './weights.ts';
