/**
 * The words that options take. The packages behind them take most of a second to load, which a usage page must not wait
 * for: their lists stand here again, and a test compares them.
 */

import type { Fit, Interpolation, SplitName } from '@sightline/data';
import type { InputRange, NetworkName } from '@sightline/models';
import type { ExportFormat } from '../model/open-model.ts';

export { ENGINE_CHOICES as ENGINES } from '@sightline/models/engines';
export { PROVIDERS } from '@sightline/ort/providers';

export const SPLITS = ['train', 'validation', 'test'] as const satisfies readonly SplitName[];
export const INTERPOLATIONS = [
  'nearest',
  'bilinear',
  'bicubic',
  'area',
  'lanczos',
] as const satisfies readonly Interpolation[];
export const FITS = ['stretch', 'crop', 'pad'] as const satisfies readonly Fit[];
export const PRECISIONS = ['fp32', 'int8'] as const;
export const NETWORKS = ['baseline', 'residual', 'depthwise'] as const satisfies readonly NetworkName[];
export const INPUT_RANGES = ['0-1', '0-255'] as const satisfies readonly InputRange[];
export const EXPORT_FORMATS = ['onnx', 'tfjs', 'keras'] as const satisfies readonly ExportFormat[];
