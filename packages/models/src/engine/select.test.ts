import { createRequire } from 'node:module';
import { useSoftwareGpu } from '@sightline/chromium/software-gpu';
import { SightlineError } from '@sightline/core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { testEngine } from './engine-suite.ts';
import { ENGINE_NAMES, selectEngine } from './select.ts';

useSoftwareGpu();

/** Why an engine does not load here; `undefined` where it does. */
async function fault(name: (typeof ENGINE_NAMES)[number]): Promise<Error | undefined> {
  try {
    await selectEngine(name);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

for (const name of ENGINE_NAMES) {
  const missing = await fault(name);
  describe(`the engine ${name}`, () => {
    if (!missing) testEngine(name, () => selectEngine(name));
    else if (name === 'webgpu')
      it.skip(`SKIPPED, since this machine has no GPU, not even in software: ${missing.message}`);
    else
      it('does not load here, and says what it needs', () => {
        expect(missing).toBeInstanceOf(SightlineError);
        expect(missing.message).toContain(`needs the package @tensorflow/${name}`);
        // The others are always there.
        expect(name).toMatch(/^tfjs-node/);
      });
  });
}

/**
 * In the place of @tensorflow/tfjs-node, whose library cannot be had from the npm registry: it does what that does when
 * it is loaded (dist/index.js of 4.22), with TensorFlow.js' cpu kernels for TensorFlow's.
 */
function standIn(usesGpu: boolean) {
  const { isNullOrUndefined, isArray } = createRequire(import.meta.url)('node:util') as Record<
    string,
    (value: unknown) => boolean
  >;
  // It calls these in its kernels.
  if (!isNullOrUndefined!(undefined) || !isArray!([]))
    throw new Error('node:util is not as it was before Node 23.');
  class NodeBackend extends MathBackendCPU {
    readonly isUsingGpuDevice = usesGpu;
  }
  tf.registerBackend('tensorflow', () => new NodeBackend(), 3);
  for (const kernel of tf.getKernelsForBackend('cpu')) {
    if (!tf.getKernel(kernel.kernelName, 'tensorflow'))
      tf.registerKernel({ ...kernel, backendName: 'tensorflow' });
  }
  if (!tf.setBackend('tensorflow')) throw new Error('Could not initialize TensorFlow backend.');
  return { node: {} };
}

describe('with something in the place of tfjs-node', () => {
  afterEach(() => {
    vi.doUnmock('@tensorflow/tfjs-node');
    vi.doUnmock('@tensorflow/tfjs-node-gpu');
    tf.removeBackend('tensorflow');
  });
  const onCpu = () => {
    vi.doMock('@tensorflow/tfjs-node', () => standIn(false));
    return selectEngine('tfjs-node');
  };
  const onGpu = (name: 'tfjs-node-gpu' | 'auto', usesGpu = true) => {
    vi.doMock('@tensorflow/tfjs-node-gpu', () => standIn(usesGpu));
    return selectEngine(name);
  };

  describe('the driver tfjs-node', () => {
    testEngine('tfjs-node', onCpu);
  });
  describe('the driver tfjs-node-gpu', () => {
    testEngine('tfjs-node-gpu', () => onGpu('tfjs-node-gpu'));
  });

  it('a GPU that is asked for by name must be there', async () => {
    await expect(onGpu('tfjs-node-gpu', false)).rejects.toThrow(
      /tfjs-node-gpu was asked for, but TensorFlow found no GPU: it needs an NVIDIA GPU, CUDA/,
    );
  });

  it('auto takes the GPU where there is one, and says why; and why not where it is passed over', async () => {
    expect((await onGpu('auto')).note).toMatch(
      /^@tensorflow\/tfjs-node-gpu \(CUDA device 0\): chosen since it loads and has its GPU\.$/,
    );
    tf.removeBackend('tensorflow');
    const engine = await onGpu('auto', false);
    expect(engine.name).toBe('onnxruntime');
    expect(engine.note).toMatch(
      /^onnxruntime on .*\. tfjs-node-gpu was passed over: .* found no GPU: [^\n]*$/,
    );
  });
});

it('auto says what it chose and why', async () => {
  const engine = await selectEngine('auto');
  expect(engine.note).toMatch(/^(onnxruntime|@tensorflow\/tfjs-node-gpu).*: [^\n]+\.$/);
});

it('a provider that is not there is an error that says what is missing', async () => {
  await expect(selectEngine('onnxruntime', { provider: 'dml' })).rejects.toThrow(
    /dml does not run here: this build of onnxruntime-node does not contain it; it needs Windows/,
  );
  await expect(selectEngine('torch' as never)).rejects.toThrow(
    /There is no engine torch: choose auto, onnxruntime/,
  );
});
