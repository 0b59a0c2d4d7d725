/** Devices by the names that people know them by. */

import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { counted } from '@sightline/core';
import type { Provider } from './provider.ts';

/** The processor, such as `Intel(R) Xeon(R) Processor, 2 cores`. */
export function processorName(): string {
  const model = cpus()[0]?.model.trim() || process.arch;
  return `${model}, ${counted(availableParallelism(), 'core')}`;
}

/** The name of the first NVIDIA GPU as its driver's tool prints it. */
function nvidiaName(): string {
  try {
    const query = ['--query-gpu=name', '--format=csv,noheader', '--id=0'];
    const printed = execFileSync('nvidia-smi', query, { encoding: 'utf8', timeout: 5000, stdio: 'pipe' });
    return printed.trim() || 'NVIDIA GPU 0';
  } catch {
    return 'NVIDIA GPU 0';
  }
}

const DEVICES: Readonly<Record<Provider, () => string>> = {
  cuda: nvidiaName,
  webgpu: () => 'GPU (WebGPU)',
  coreml: () => 'Apple GPU or Neural Engine',
  dml: () => 'GPU (DirectML)',
  cpu: processorName,
};

/** The device behind a provider, in words. */
export const deviceName = (provider: Provider): string => DEVICES[provider]();
