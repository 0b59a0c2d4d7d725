// VGG16 as its first edition's callers open it: they move to `loadVgg16` and `openBackbone`.

import {
  calibrate as calibrateBackbone,
  firstKernels,
  type LayerRow,
  type OpenBackbone,
  openBackbone,
  type Ranges,
  type Size,
} from '@sightline/backbone';
import type { Provider } from '@sightline/ort';
import { layerTable as layerRows, loadVgg16, type Vgg16Options } from './vgg16.ts';

export interface Vgg16 extends Omit<OpenBackbone, 'weights'> {
  readonly weights: string;
}

export async function createVgg16({
  weights,
  top = 'none',
  classNames,
  inputSize,
  calibration,
  ...options
}: Vgg16Options & {
  readonly inputSize: Size;
  readonly batchSize?: number;
  readonly providers?: readonly Provider[];
  readonly calibration?: Ranges;
}): Promise<Vgg16> {
  const backbone = await loadVgg16({
    top,
    ...(weights ? { weights } : {}),
    ...(classNames ? { classNames } : {}),
  });
  const opened = await openBackbone(backbone, {
    imageSize: inputSize,
    top: top !== 'none',
    ...(calibration ? { ranges: calibration } : {}),
    ...options,
  });
  return { ...opened, weights: opened.weights.origin };
}

export async function calibrate(
  images: Uint8Array,
  count: number,
  { weights, inputSize }: { weights?: string; inputSize: Size },
): Promise<Ranges> {
  return calibrateBackbone(await loadVgg16(weights ? { weights } : {}), images, count, {
    imageSize: inputSize,
  });
}

export const firstLayerKernels = async (weights = 'embedded'): Promise<Float32Array> =>
  firstKernels(await loadVgg16({ weights })).data;

export const layerTable = ({ top = true, inputSize = [224, 224] as Size } = {}): LayerRow[] =>
  layerRows(inputSize, top);
