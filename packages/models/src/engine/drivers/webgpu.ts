/**
 * The engine `webgpu`: TensorFlow.js' WebGPU backend on Dawn, Chromium's WebGPU, which the optional package `webgpu`
 * brings to Node prebuilt. It runs on a GPU of any vendor that has a Vulkan, Metal or Direct3D 12 driver.
 */

import { SightlineError } from '@sightline/core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { engine, ready, setBackend, util } from '@tensorflow/tfjs-core';
import { type Driver, uncompiled } from '../engine.ts';
import { completeKernels } from './webgpu-kernels.ts';

const PACKAGES = 'webgpu @tensorflow/tfjs-backend-webgpu';

/** The device that runs, and what keeps Dawn alive: it ends the process when it is collected before its devices. */
let opened: Promise<{ device: string; gpu: GPU }> | undefined;

export const webgpu: Driver = async () => {
  opened ??= open().catch((error) => {
    opened = undefined;
    throw error;
  });
  const { device } = await opened;
  await setBackend('webgpu');
  await ready();
  return {
    name: 'webgpu',
    provider: 'dawn',
    device,
    note: `TensorFlow.js' WebGPU backend on Dawn (${device}): asked for by name.`,
    compile: uncompiled,
  };
};

async function open(): Promise<{ device: string; gpu: GPU }> {
  const dawn = await load(() => import('webgpu'));
  Object.assign(globalThis, dawn.globals);
  const events = new DawnEvents();
  const gpu = dawn.create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new SightlineError(
      'engine-missing',
      'The engine webgpu was asked for, but no GPU was found: it needs one with a Vulkan, Metal or Direct3D 12 driver. ' +
        'Choose the engine onnxruntime.',
    );
  }
  // TensorFlow.js registers the backend when it finds this, and looks again when it makes the backend.
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  const { WebGPUBackend } = await load(() => import('@tensorflow/tfjs-backend-webgpu'));
  readOnThisThread(WebGPUBackend.prototype, events);
  keepWhatIsRead(WebGPUBackend.prototype);
  completeKernels();
  return { device: nameOf(adapter.info), gpu };
}

async function load<T>(importPackage: () => Promise<T>): Promise<T> {
  try {
    return await importPackage();
  } catch (cause) {
    throw new SightlineError(
      'engine-missing',
      `The engine webgpu needs the packages ${PACKAGES.replace(' ', ' and ')}, which do not load here ` +
        `(${(cause as Error).message.split('\n')[0]}): run npm install ${PACKAGES}, or choose the engine onnxruntime.`,
      { cause },
    );
  }
}

/** The device by its name, or by its vendor and architecture where the driver gives it none; and its driver. */
function nameOf({ vendor, architecture, device, description, isFallbackAdapter }: GPUAdapterInfo): string {
  const name = device || [vendor, architecture].filter(Boolean).join(' ') || 'GPU without a name';
  return [name, description, isFallbackAdapter ? 'in software' : ''].filter(Boolean).join(', ');
}

/**
 * Lets `dataSync` read from the GPU. TensorFlow.js draws on a canvas for it, which Node does not have, and Dawn answers
 * only when the event loop asks it to; so it is asked here, until the copy has arrived.
 */
function readOnThisThread(prototype: WebGPUBackend, events: DawnEvents): void {
  const onCanvas = prototype.readSync;
  prototype.readSync = function (this: WebGPUBackend, dataId) {
    const data = this.tensorMap.get(dataId);
    const isOnGpu = !data.values && data.dtype !== 'string' && data.dtype !== 'complex64';
    if (!isOnGpu) return onCanvas.call(this, dataId);
    const buffer = data.resource as GPUBuffer;
    const copy = this.bufferManager.acquireBuffer(
      buffer.size,
      GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    );
    this.ensureCommandEncoderReady();
    this.endComputePassEncoder();
    const { commandEncoder } = this as unknown as { commandEncoder: GPUCommandEncoder };
    commandEncoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size);
    this.submitQueue();
    events.waitForMap(copy);
    const bytes = copy.getMappedRange().slice(0);
    copy.unmap();
    this.bufferManager.releaseBuffer(copy);
    data.values = util.convertBackendValuesAndArrayBuffer(bytes, data.dtype);
    return data.values;
  };
}

/**
 * Keeps a tensor that is disposed while `data()` reads it, as in `tf.tidy(() => tf.mean(x).data())`, until it is read.
 * TensorFlow.js' WebGPU backend drops it at once, and `data()` fails.
 */
function keepWhatIsRead(prototype: WebGPUBackend): void {
  const reads = new Map<object, { pending: number; disposals: number }>();
  const { read, disposeData } = prototype;
  prototype.read = async function (this: WebGPUBackend, dataId) {
    const state = reads.get(dataId) ?? { pending: 0, disposals: 0 };
    reads.set(dataId, state);
    state.pending++;
    try {
      return await read.call(this, dataId);
    } finally {
      if (--state.pending === 0) {
        reads.delete(dataId);
        for (let i = 0; i < state.disposals; i++) {
          if (this.disposeData(dataId)) engine().removeDataId(dataId, this);
        }
      }
    }
  };
  prototype.disposeData = function (this: WebGPUBackend, dataId, force) {
    const state = reads.get(dataId);
    if (!state) return disposeData.call(this, dataId, force);
    state.disposals++;
    return false;
  };
}

/** Between two looks whether the GPU is done: a GPU in software computes on the same cores. */
const PAUSE_MS = 0.05;

/**
 * Dawn's events. While a map is pending, Dawn asks `setImmediate` for its next turn; what it passes there is kept, so
 * that its turn can come at once.
 */
class DawnEvents {
  readonly #turns = new Set<() => void>();
  #isWaiting = false;

  /** Keeps the turns of every call of TensorFlow.js' that Dawn answers later: they share one. */
  constructor() {
    const events = this;
    const { GPU, GPUAdapter, GPUDevice, GPUBuffer } = globalThis;
    for (const [{ prototype }, method] of [
      [GPU, 'requestAdapter'],
      [GPUAdapter, 'requestDevice'],
      [GPUDevice, 'createComputePipelineAsync'],
      [GPUBuffer, 'mapAsync'],
    ] as const) {
      const methods = prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
      const call = methods[method]!;
      methods[method] = function (...args) {
        return events.#keepingTurns(() => call.apply(this, args));
      };
    }
  }

  /** @throws SightlineError `runtime` if the GPU is lost */
  waitForMap(buffer: GPUBuffer): void {
    let failure: unknown;
    buffer.mapAsync(GPUMapMode.READ).catch((error) => {
      failure = error;
    });
    const pause = new Int32Array(new SharedArrayBuffer(4));
    this.#isWaiting = true;
    while (buffer.mapState === 'pending' && this.#turns.size > 0) {
      for (const turn of [...this.#turns]) this.#take(turn);
      if (buffer.mapState === 'pending') Atomics.wait(pause, 0, 0, PAUSE_MS);
    }
    this.#isWaiting = false;
    for (const turn of this.#turns) setImmediate(() => this.#take(turn));
    if (buffer.mapState !== 'mapped') {
      throw new SightlineError('runtime', 'A result could not be read from the GPU: its device was lost.', {
        cause: failure,
      });
    }
  }

  #keepingTurns<T>(call: () => T): T {
    const { setImmediate } = globalThis;
    globalThis.setImmediate = ((turn: () => void) => {
      this.#turns.add(turn);
      // The event loop does not come to it before the wait is over, and a wait has thousands of turns.
      return this.#isWaiting ? undefined : setImmediate(() => this.#take(turn));
    }) as typeof setImmediate;
    try {
      return call();
    } finally {
      globalThis.setImmediate = setImmediate;
    }
  }

  #take(turn: () => void): void {
    if (this.#turns.delete(turn)) this.#keepingTurns(turn);
  }
}
