/** Makes this package TensorFlow.js' current backend. */

import { type ChosenProvider, chooseProvider, type Provider } from '@sightline/ort';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { BACKEND, registerOnnxRuntime, useOptions } from './register.ts';

/**
 * What training tries if no provider is asked for. Not WebGPU: a software adapter is far slower than cpu, and so is a
 * GPU where a step's tensors are small.
 */
const TRAINING_ORDER: readonly Provider[] = ['cuda', 'cpu'];

/**
 * Makes `onnxruntime` TensorFlow.js' backend, on an execution provider that works here.
 *
 * @param provider default: CUDA if it works, otherwise cpu
 * @throws SightlineError `provider-missing` if the provider does not run here
 */
export async function useOnnxRuntime(provider?: Provider): Promise<ChosenProvider> {
  const chosen = chooseProvider(provider && [provider], TRAINING_ORDER);
  registerOnnxRuntime();
  useOptions({ provider: chosen.provider });
  await setBackend(BACKEND);
  await ready();
  return chosen;
}
