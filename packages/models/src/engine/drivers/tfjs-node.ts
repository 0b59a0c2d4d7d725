/**
 * The engines `tfjs-node` and `tfjs-node-gpu`: TensorFlow's C library behind TensorFlow.js, in optional packages that
 * download it after their install. They call functions that Node 23 removed, which are restored before they load.
 */

import { createRequire } from 'node:module';
import { SightlineError } from '@sightline/core';
import { processorName } from '@sightline/ort';
import { backend, getBackend, ready, setBackend } from '@tensorflow/tfjs-core';
import { type Driver, uncompiled } from '../engine.ts';

/** Restores what `@tensorflow/tfjs-node` 4.22 calls of node:util and Node 23 and later no longer have. */
function restoreNodeUtil(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

/** The part of its backend that is beyond TensorFlow.js' own interface. */
interface NodeBackend {
  readonly isUsingGpuDevice?: boolean;
}

const driver =
  (name: 'tfjs-node' | 'tfjs-node-gpu'): Driver =>
  async () => {
    const packageName = `@tensorflow/${name}`;
    restoreNodeUtil();
    try {
      await import(packageName);
    } catch (cause) {
      throw new SightlineError(
        'engine-missing',
        `The engine ${name} needs the package ${packageName}, which does not load here (${firstLine(cause)}): ` +
          `install it and let its install script run, or choose the engine onnxruntime.`,
        { cause },
      );
    }
    await setBackend('tensorflow');
    await ready();
    if (getBackend() !== 'tensorflow') {
      throw new SightlineError(
        'engine-missing',
        `${packageName} loaded but registered no backend: reinstall it.`,
      );
    }
    const gpu = (backend() as NodeBackend).isUsingGpuDevice ?? false;
    if (name === 'tfjs-node-gpu' && !gpu) {
      throw new SightlineError(
        'engine-missing',
        'The engine tfjs-node-gpu was asked for, but TensorFlow found no GPU: it needs an NVIDIA GPU, CUDA 11.8 and cuDNN 8.6. Choose tfjs-node or onnxruntime.',
      );
    }
    const device = gpu ? 'CUDA device 0' : processorName();
    return {
      name,
      provider: 'libtensorflow',
      device,
      note: `${packageName} (${device}): asked for by name.`,
      compile: uncompiled,
    };
  };

const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0]!;

export const tfjsNode = driver('tfjs-node');
export const tfjsNodeGpu = driver('tfjs-node-gpu');
