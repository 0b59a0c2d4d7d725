// The one table of lowerings: TensorFlow.js' kernel name to its form in ONNX.

import { CONV } from './conv.ts';
import { CONV_POOL } from './conv-pool.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { LAYOUT } from './layout.ts';
import type { Lowering } from './lowering.ts';
import { MATMUL } from './matmul.ts';
import { POOL } from './pool.ts';
import { REDUCE } from './reduce.ts';

export const LOWERINGS: Readonly<Record<string, Lowering | undefined>> = {
  ...ELEMENTWISE,
  ...REDUCE,
  ...MATMUL,
  ...LAYOUT,
  ...CONV,
  ...CONV_POOL,
  ...POOL,
};
