/**
 * The words that options take, from modules that load in an instant: a usage page must not wait for what trains. Lists of
 * packages that have no such module stand here again, and a test compares them.
 */

import type { SplitName } from '@sightline/data';
import type { ExportPrecision } from '@sightline/models';
import type { ExportFormat } from '../model/open-model.ts';

export { FITS, INPUT_RANGE_NAMES as INPUT_RANGES, INTERPOLATIONS } from '@sightline/image';
export { ENGINE_CHOICES as ENGINES } from '@sightline/models/engines';
export { PROVIDERS } from '@sightline/ort/providers';

export const SPLITS = ['train', 'validation', 'test'] as const satisfies readonly SplitName[];
export const PRECISIONS = ['fp32', 'int8'] as const;
export const EXPORT_PRECISIONS = ['fp32', 'fp16', 'int8'] as const satisfies readonly ExportPrecision[];
export const EXPORT_FORMATS = ['onnx', 'tfjs', 'keras'] as const satisfies readonly ExportFormat[];
