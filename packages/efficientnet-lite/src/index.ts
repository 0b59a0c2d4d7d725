// EfficientNet-Lite0 as a backbone: features and 1,000 classes from pixels.

export { loadEfficientNetLite0 } from './efficientnet-lite.ts';
export { PHOTO_RANGES } from './ranges.ts';
