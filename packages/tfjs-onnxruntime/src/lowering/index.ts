// The one table of lowerings: TensorFlow.js' kernel name to its form in ONNX.

import { CHANNELS } from './channels.ts';
import { CONV } from './conv.ts';
import { CONV_POOL } from './conv-pool.ts';
import { DEPTHWISE } from './depthwise.ts';
import { DILATION } from './dilation.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { LAYOUT } from './layout.ts';
import type { Lowering } from './lowering.ts';
import { MATMUL } from './matmul.ts';
import { NORMALIZATION } from './normalization.ts';
import { POOL } from './pool.ts';
import { REDUCE } from './reduce.ts';
import { RESIZE } from './resize.ts';
import { SAMPLING } from './sampling.ts';
import { SCATTER } from './scatter.ts';
import { SPACE } from './space.ts';
import { VOLUME } from './volume.ts';

export const LOWERINGS: Readonly<Record<string, Lowering | undefined>> = {
  ...ELEMENTWISE,
  ...REDUCE,
  ...MATMUL,
  ...LAYOUT,
  ...CHANNELS,
  ...CONV,
  ...CONV_POOL,
  ...DEPTHWISE,
  ...DILATION,
  ...NORMALIZATION,
  ...POOL,
  ...RESIZE,
  ...SAMPLING,
  ...SCATTER,
  ...SPACE,
  ...VOLUME,
};
