// All benchmarks, by the name that `npm run bench -- NAME` takes.

import type { Benchmark } from '../benchmark.ts';
import { accuracy } from './accuracy.ts';
import { data } from './data.ts';
import { eager } from './eager.ts';
import { features, lite0 } from './features.ts';
import { fineTune } from './fine-tune.ts';
import { largeSet } from './large-set.ts';
import { loop } from './loop.ts';
import { memory } from './memory.ts';
import { photos } from './photos.ts';
import { pipeline } from './pipeline.ts';
import { profile } from './profile.ts';
import { seeds } from './seeds.ts';
import { training } from './training.ts';
import { utilization } from './utilization.ts';

export const benchmarks = {
  pipeline,
  accuracy,
  seeds,
  training,
  loop,
  data,
  utilization,
  'large-set': largeSet,
  features,
  lite0,
  photos,
  'fine-tune': fineTune,
  eager,
  memory,
  profile,
} as const satisfies Record<string, Benchmark>;
