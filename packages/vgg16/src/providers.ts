// Execution providers: which of them really work on this machine, and opening a session on one.

import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { encodeModel, GraphBuilder, type Model, op } from '@sightline/onnx';
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';

export type Provider = 'cuda' | 'webgpu' | 'coreml' | 'dml' | 'cpu';

/** The order in which they are tried where none is asked for. */
export const PROVIDER_ORDER: readonly Provider[] = ['cuda', 'webgpu', 'coreml', 'dml', 'cpu'];

/**
 * A session on the first provider of the list that works, and what keeps those before it from it.
 *
 * @param modelFor the model to open on a provider
 * @throws SightlineError `provider` where none works
 */
export async function openFirst(
  providers: readonly Provider[] = PROVIDER_ORDER,
  modelFor: (provider: Provider) => Model,
): Promise<{ session: InferenceSession; provider: Provider; missing: string[] }> {
  const asked = providers !== PROVIDER_ORDER;
  const missing: string[] = [];
  for (const provider of providers) {
    let reason = await whyNot(provider, asked);
    if (reason === undefined) {
      try {
        return { session: await openSession(modelFor(provider), provider), provider, missing };
      } catch (cause) {
        if (cause instanceof SightlineError) throw cause;
        reason = firstSentence((cause as Error).message);
      }
    }
    missing.push(`${provider}: ${reason}`);
  }
  const which =
    providers.length === 1
      ? `The execution provider ${providers[0]} does not work`
      : 'No execution provider of those asked for works';
  const why = providers.length === 1 ? missing[0]!.replace(/^\w+: /, '') : missing.join('; ');
  throw new SightlineError('provider', `${which} here: ${why}. Ask for none to run on what there is.`);
}

/** What a person calls the device behind a provider. */
export function deviceOf(provider: Provider): string {
  if (provider === 'cpu') {
    const cores = availableParallelism();
    return `${cpus()[0]?.model.trim() || process.arch}, ${cores} ${cores === 1 ? 'core' : 'cores'}`;
  }
  return { cuda: 'NVIDIA GPU 0', webgpu: 'GPU (WebGPU)', coreml: 'Apple GPU or ANE', dml: 'GPU (DirectML)' }[
    provider
  ];
}

/** A session on a provider; what it leaves out falls to cpu. */
function openSession(model: Model, provider: Provider): Promise<InferenceSession> {
  return InferenceSession.create(encodeModel(model), {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Threads that wait sleep: as fast alone, and faster where others need the cores too (decoding images, say).
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
}

/** The outputs of a model without inputs, computed on cpu and kept after its session is gone. */
export async function runOnce(model: Model): Promise<InferenceSession.OnnxValueMapType> {
  const session = await InferenceSession.create(encodeModel(model), {
    executionProviders: ['cpu'],
    // Each node runs once: folding constants first, or an arena, would only keep more memory.
    graphOptimizationLevel: 'disabled',
    enableCpuMemArena: false,
    logSeverityLevel: 3,
  });
  const outputs = await session.run({});
  await session.release();
  return outputs;
}

async function whyNot(provider: Provider, asked: boolean): Promise<string | undefined> {
  if (provider === 'cpu') return undefined;
  if (!PROVIDER_ORDER.includes(provider)) return `there is no such provider (${PROVIDER_ORDER.join(', ')})`;
  if (!listSupportedBackends().some(({ name }) => name === provider)) {
    return `onnxruntime-node does not have it on ${process.platform} ${process.arch}`;
  }
  if (provider === 'cuda' && !hasCudaLibrary()) {
    return `its library is not installed (ONNXRUNTIME_NODE_INSTALL=cuda12 and onnxruntime-node's install script fetch it)`;
  }
  // Looking for a GPU where there is none makes the native library write warnings: by name, or with a sign of one.
  if (provider === 'webgpu' && !asked && !hasGpuNode()) return 'there is no GPU';
  return await probe(provider);
}

/** It is no part of the npm package; trying to load it without looking makes the native library write errors. */
function hasCudaLibrary(): boolean {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const folder = join(dirname(main), '..', 'bin');
  const name =
    process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
  return readdirSync(folder).some((api) =>
    existsSync(join(folder, api, process.platform, process.arch, name)),
  );
}

function hasGpuNode(): boolean {
  if (process.platform !== 'linux') return true;
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return true;
  return ['/dev/dri', '/dev/nvidia0', '/dev/dxg'].some((path) => existsSync(path));
}

/** Runs a convolution of ones with no way back to cpu. */
async function probe(provider: Provider): Promise<string | undefined> {
  const g = new GraphBuilder('probe');
  const x = g.input('x', 'float32', [1, 4, 8, 8]);
  const y = op.conv(g, x, g.constant(new Float32Array(4 * 4 * 9).fill(1), [4, 4, 3, 3]));
  g.output('y', op.relu(g, y));
  try {
    const session = await InferenceSession.create(encodeModel(g.build()), {
      executionProviders: [provider],
      logSeverityLevel: 4,
      extra: { session: { disable_cpu_ep_fallback: '1' } },
    });
    try {
      const ones = new Tensor('float32', new Float32Array(4 * 64).fill(1), [1, 4, 8, 8]);
      const { data } = (await session.run({ x: ones })).y!;
      return (data as Float32Array).every((v) => v === 36) ? undefined : 'it computes a convolution wrongly';
    } finally {
      await session.release();
    }
  } catch (cause) {
    return firstSentence((cause as Error).message);
  }
}

/** What a native error says, without the source file and function that it names. */
function firstSentence(message: string): string {
  const words = message.replace(/^.* was false\. /s, '').split(/\n|(?<=\.)\s/)[0]!;
  return words.trim().replace(/\.$/, '');
}
