// All benchmarks, by the name that `npm run bench -- NAME` takes.

import type { Benchmark } from '../benchmark.ts';
import { training } from './training.ts';

export const benchmarks = { training } as const satisfies Record<string, Benchmark>;
