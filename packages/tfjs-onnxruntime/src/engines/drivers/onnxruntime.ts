// The engine `onnxruntime`: the backend of this package on an execution provider that works here.

import { chooseProvider, deviceName, type Provider } from '@sightline/ort';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { BACKEND, registerOnnxRuntime, useOptions } from '../../backend/register.ts';
import { compile } from '../../compile/compile.ts';
import type { Driver } from '../engine.ts';

/**
 * What training tries if no provider is asked for. Not WebGPU: a software adapter is slower than cpu by far, and a GPU
 * too where a step's tensors are small.
 */
const TRAINING_ORDER: readonly Provider[] = ['cuda', 'cpu'];

export const onnxruntime: Driver = async ({ provider: wanted }) => {
  const { provider } = chooseProvider(wanted && [wanted], TRAINING_ORDER);
  registerOnnxRuntime();
  useOptions({ provider });
  await setBackend(BACKEND);
  await ready();
  const device = deviceName(provider);
  const why = wanted
    ? 'asked for by name'
    : provider === 'cpu'
      ? 'no CUDA device was found'
      : 'a CUDA device was found';
  return {
    name: 'onnxruntime',
    provider,
    device,
    note: `onnxruntime on ${provider} (${device}): ${why}.`,
    compile,
  };
};
