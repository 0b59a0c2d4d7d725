// What a figure was measured on: without it a figure can't be compared with another.

import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { version_core as tfjs } from '@tensorflow/tfjs-core';
import { env } from 'onnxruntime-node';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  /** Processes that wanted a core in the minute before: above 0.5 the machine was not quiet. */
  readonly load: number;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    load: Math.round(loadavg()[0]! * 100) / 100,
  };
}

/** Versions of what decides our speed. */
export const software = (): Record<string, string> => ({
  node: process.versions.node,
  onnxruntime: env.versions.node ?? env.versions.common,
  tfjs,
});
