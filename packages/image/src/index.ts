/** Pixels without native code: resizing as Pillow does it, warping as scipy does it, PNG. Runs in Node and in browsers. */

export { type Affine, aboutCenter, compose, IDENTITY, isIdentity } from './affine.ts';
export { FILL_MODES, type FillMode } from './fill.ts';
export { INTERPOLATIONS, type Interpolation } from './filters.ts';
export { checkImage, enlarge, type Image, type RgbImage, toRgb } from './image.ts';
export { INPUT_RANGE_NAMES, INPUT_RANGES, type InputRange } from './input-range.ts';
export { encodePng, type PngOptions, pngSize } from './png.ts';
export {
  type CropOptions,
  FITS,
  type Fit,
  LONGEST_SIDE,
  type ResizeOptions,
  type ResizeSettings,
  resizeImage,
  resizeSettings,
  type Size,
} from './resize.ts';
export { type PixelsAt, type WarpFill, type WarpTarget, warpImage } from './warp.ts';
