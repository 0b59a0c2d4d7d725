/** The engine `onnxruntime`: @sightline/tfjs-onnxruntime on an execution provider that works here. */

import { deviceName } from '@sightline/ort';
import { compile, useOnnxRuntime } from '@sightline/tfjs-onnxruntime';
import type { Driver } from '../engine.ts';

export const onnxruntime: Driver = async ({ provider: wanted }) => {
  const { provider } = await useOnnxRuntime(wanted);
  const device = deviceName(provider);
  const found = provider === 'cpu' ? 'no CUDA device was found' : 'a CUDA device was found';
  return {
    name: 'onnxruntime',
    provider,
    device,
    note: `onnxruntime on ${provider} (${device}): ${wanted ? 'asked for by name' : found}.`,
    compile,
  };
};
