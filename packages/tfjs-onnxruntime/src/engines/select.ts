// Chooses the engine. Drivers are loaded only when asked for.

import { SightlineError } from '@sightline/core';
import { type Driver, ENGINE_NAMES, type Engine, type EngineName, type EngineOptions } from './engine.ts';

const DRIVERS: Record<EngineName, () => Promise<Driver>> = {
  onnxruntime: async () => (await import('./drivers/onnxruntime.ts')).onnxruntime,
  cpu: async () => (await import('./drivers/cpu.ts')).cpu,
  'tfjs-node': async () => (await import('./drivers/tfjs-node.ts')).tfjsNode,
  'tfjs-node-gpu': async () => (await import('./drivers/tfjs-node.ts')).tfjsNodeGpu,
};

/**
 * Makes an engine TensorFlow.js' current backend. `auto` is `tfjs-node-gpu` where that package is installed and
 * has its GPU, and `onnxruntime` elsewhere.
 *
 * @throws SightlineError `engine-missing` or `provider-missing` where what was asked for by name is not there.
 */
export async function selectEngine(name: EngineName | 'auto', options: EngineOptions = {}): Promise<Engine> {
  if (name === 'auto') return auto(options);
  const load = DRIVERS[name];
  if (!load) {
    throw new SightlineError(
      'engine-missing',
      `There is no engine ${name}: choose auto, ${ENGINE_NAMES.join(', ')}.`,
    );
  }
  return (await load())(options);
}

async function auto(options: EngineOptions): Promise<Engine> {
  let passedOver = '';
  if (!options.provider) {
    try {
      const engine = await (await DRIVERS['tfjs-node-gpu']())(options);
      return {
        ...engine,
        note: `${engine.note.replace(': asked for by name.', '')}: chosen since it loads and has its GPU.`,
      };
    } catch (error) {
      // Whoever has not installed it does not want to hear of it.
      if (!isNotInstalled(error)) passedOver = ` tfjs-node-gpu was passed over: ${(error as Error).message}`;
    }
  }
  const engine = await (await DRIVERS.onnxruntime())(options);
  return { ...engine, note: `${engine.note}${passedOver}` };
}

const isNotInstalled = (error: unknown): boolean =>
  ((error as Error).cause as { code?: string } | undefined)?.code === 'ERR_MODULE_NOT_FOUND';
