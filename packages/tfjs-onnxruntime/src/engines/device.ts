// This machine's processor, in words.

import { availableParallelism, cpus } from 'node:os';

/** Such as `Intel(R) Xeon(R) Processor, 2 cores`. */
export function processorName(): string {
  const model = cpus()[0]?.model.trim() || process.arch;
  const cores = availableParallelism();
  return `${model}, ${cores} ${cores === 1 ? 'core' : 'cores'}`;
}
