// The engine `onnxruntime`. A provider runs only if it adds two numbers here first: onnxruntime-node lists providers
// by what it was built with, not by what the machine has.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { encodeModel, GraphBuilder, op } from '@sightline/onnx';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { BACKEND, registerOnnxRuntime, useOptions } from '../../backend/register.ts';
import { compile } from '../../compile/compile.ts';
import { availableProviders, type Provider, runtimeTensor, Session } from '../../runtime/session.ts';
import { processorName } from '../device.ts';
import type { Driver } from '../engine.ts';

/**
 * `auto` takes cuda where it works and cpu elsewhere. WebGPU is chosen by name only: a software adapter is slower
 * than cpu by far, and a step of small tensors is too.
 */
const PREFERENCE: readonly Provider[] = ['cuda', 'cpu'];

const MISSING: Partial<Record<Provider, string>> = {
  cuda: 'it needs an NVIDIA GPU and its driver, CUDA 12, and onnxruntime-node installed with ONNXRUNTIME_NODE_INSTALL=cuda12',
  webgpu: 'it needs a GPU with a Vulkan, Metal or Direct3D 12 driver',
  coreml: 'it needs macOS',
  dml: 'it needs Windows with a Direct3D 12 GPU',
};

/** Whether the shared library that CUDA needs is there: without it ONNX Runtime writes its error to the terminal. */
function cudaLibrary(): boolean {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const name =
    process.platform === 'win32' ? 'onnxruntime_providers_shared.dll' : 'libonnxruntime_providers_shared.so';
  return existsSync(join(root, 'bin/napi-v6', process.platform, process.arch, name));
}

/** Why a provider does not run here; `undefined` where it does. */
export function providerFault(provider: Provider): string | undefined {
  if (!availableProviders().includes(provider)) return 'this build of onnxruntime-node does not hold it';
  if (provider === 'cuda' && !cudaLibrary())
    return 'the library of its provider was not installed with onnxruntime-node';
  const graph = new GraphBuilder('probe');
  const x = graph.input('x', 'float32', [2]);
  graph.output('y', op.add(graph, x, x));
  try {
    const session = new Session(encodeModel(graph.build()), { provider });
    session.run({ x: runtimeTensor(Float32Array.of(1, 2), 'float32', [2]) }, { y: null });
    session.dispose();
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}

function chooseProvider(wanted: Provider | undefined): Provider {
  const chosen = (wanted ? [wanted] : PREFERENCE).find((provider) => providerFault(provider) === undefined);
  if (chosen) return chosen;
  throw new SightlineError(
    'provider-missing',
    `The execution provider ${wanted} was asked for, but does not run here: ${[providerFault(wanted!), MISSING[wanted!]].filter(Boolean).join('; ')}. ` +
      `Choose ${PREFERENCE.filter((other) => other !== wanted && providerFault(other) === undefined).join(' or ')}, or leave the provider out.`,
  );
}

export const onnxruntime: Driver = async ({ provider: wanted }) => {
  const provider = chooseProvider(wanted);
  registerOnnxRuntime();
  useOptions({ provider });
  await setBackend(BACKEND);
  await ready();
  const device = provider === 'cpu' ? processorName() : `${provider} device`;
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
