// Rewrites of a program before it is lowered: what TensorFlow.js' gradients spell out step by step is put together
// again, so that large feature maps are read and written fewer times. Each rewrite is exact up to the order of sums.

import type { Program } from '../capture.ts';
import { reluGradients } from './activation-gradient.ts';
import { cappedRelu } from './capped-relu.ts';
import { channelAlgebra } from './channel-algebra.ts';
import { convPool } from './conv-pool.ts';
import { deduplicate, withoutUnused } from './deduplicate.ts';
import { fuseBias } from './fuse-bias.ts';
import { gelu } from './gelu.ts';
import { foldOneNumber } from './one-number.ts';
import { sumSquares } from './sum-squares.ts';

const PASSES = [
  foldOneNumber,
  deduplicate,
  sumSquares,
  reluGradients,
  gelu,
  withoutUnused,
  fuseBias,
  withoutUnused,
  cappedRelu,
  convPool,
  channelAlgebra,
  withoutUnused,
];

/** The same program in fewer, larger steps. */
export const rewrite = (program: Program): Program => PASSES.reduce((p, pass) => pass(p), program);
