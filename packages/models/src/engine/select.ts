/** The engines by name, and the choice of one. A driver is loaded only when its engine is asked for. */

import { listed, nearest, SightlineError } from '@sightline/core';
import type { Driver, Engine, EngineOptions } from './engine.ts';

interface EngineEntry {
  /** What it is, for help and documentation. */
  readonly about: string;
  readonly load: () => Promise<Driver>;
}

/** Everything that lists engines (options, schemas, documentation) derives from this table. */
export const ENGINES = {
  onnxruntime: {
    about: 'ONNX Runtime: the processor, or a GPU by CUDA, WebGPU, Core ML or DirectML',
    load: async () => (await import('./drivers/onnxruntime.ts')).onnxruntime,
  },
  webgpu: {
    about:
      "TensorFlow.js' WebGPU backend: a GPU of any vendor, by the optional packages webgpu and @tensorflow/tfjs-backend-webgpu",
    load: async () => (await import('./drivers/webgpu.ts')).webgpu,
  },
  'tfjs-node-gpu': {
    about: 'TensorFlow on an NVIDIA GPU, by the optional package @tensorflow/tfjs-node-gpu',
    load: async () => (await import('./drivers/tfjs-node.ts')).tfjsNodeGpu,
  },
  'tfjs-node': {
    about: 'TensorFlow on the processor, by the optional package @tensorflow/tfjs-node',
    load: async () => (await import('./drivers/tfjs-node.ts')).tfjsNode,
  },
  cpu: {
    about: 'TensorFlow.js in JavaScript: slow, for comparison',
    load: async () => (await import('./drivers/cpu.ts')).cpu,
  },
} as const satisfies Readonly<Record<string, EngineEntry>>;

export type EngineName = keyof typeof ENGINES;

export const ENGINE_NAMES = Object.keys(ENGINES) as readonly EngineName[];

/** What a user may ask for: `auto`, or an engine by name. */
export const ENGINE_CHOICES: readonly ('auto' | EngineName)[] = ['auto', ...ENGINE_NAMES];

const isEngine = (name: string): name is EngineName => Object.hasOwn(ENGINES, name);

/**
 * Makes an engine TensorFlow.js' current backend. `auto` is `tfjs-node-gpu` if that package is installed and has its
 * GPU, and `onnxruntime` otherwise.
 *
 * @throws SightlineError `engine-missing` or `provider-missing` if what was asked for by name does not run here
 */
export async function selectEngine(name: EngineName | 'auto', options: EngineOptions = {}): Promise<Engine> {
  if (name === 'auto') return auto(options);
  if (!isEngine(name)) {
    const near = nearest(name, ENGINE_CHOICES);
    throw new SightlineError(
      'engine-missing',
      `There is no engine ${name}: choose ${listed(ENGINE_CHOICES, 'or')}.`,
      near ? { hint: `Did you mean ${near}?` } : {},
    );
  }
  return (await ENGINES[name].load())(options);
}

async function auto(options: EngineOptions): Promise<Engine> {
  let passedOver = '';
  if (!options.provider) {
    try {
      const engine = await selectEngine('tfjs-node-gpu', options);
      const what = engine.note.replace(': asked for by name.', '');
      return { ...engine, note: `${what}: chosen since it loads and has its GPU.` };
    } catch (error) {
      // Nothing to tell those who have not installed it.
      if (!isNotInstalled(error)) passedOver = ` tfjs-node-gpu was passed over: ${(error as Error).message}`;
    }
  }
  const engine = await selectEngine('onnxruntime', options);
  return { ...engine, note: `${engine.note}${passedOver}` };
}

const isNotInstalled = (error: unknown): boolean =>
  ((error as Error).cause as { code?: string } | undefined)?.code === 'ERR_MODULE_NOT_FOUND';
