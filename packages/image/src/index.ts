/** Pixels in plain TypeScript, without native code: resizing as Pillow does it, and PNG. Runs in Node and in browsers. */

export { INTERPOLATIONS, type Interpolation } from './filters.ts';
export { checkImage, enlarge, type Image, type RgbImage, toRgb } from './image.ts';
export { encodePng, type PngOptions, pngSize } from './png.ts';
export {
  type CropOptions,
  FITS,
  type Fit,
  type ResizeOptions,
  type ResizeSettings,
  resizeImage,
  resizeSettings,
  type Size,
} from './resize.ts';
