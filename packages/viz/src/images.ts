// Image grids as PNG alone: what is written while training goes on must not wait for the charts to load.

export { checkImage, encodePng, enlarge, type Image, pngSize } from '@sightline/image';
export { type CaptionedSheetOptions, type CaptionedTile, captionedSheet } from './captioned-sheet.ts';
export { type ImageSheetOptions, imageSheet, type SheetLayout } from './image-sheet.ts';
export {
  type GrayGridOptions,
  grayGrid,
  type KernelGridOptions,
  type KernelSign,
  kernelGrid,
  kernelImage,
} from './kernel-grid.ts';
