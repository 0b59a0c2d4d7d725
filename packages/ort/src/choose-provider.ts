/** Execution providers: which of them work on this machine, and why the others do not. */

import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isSightlineError, listed, SightlineError } from '@sightline/core';
import { encodeModel, GraphBuilder, op } from '@sightline/onnx';
import { binding } from './binding.ts';
import { PROVIDERS, type Provider } from './provider.ts';
import { Session, tensorOf } from './session.ts';

/** What a provider needs to run, for a message to those who asked for it. */
const NEEDS: Readonly<Partial<Record<Provider, string>>> = {
  cuda: 'it needs an NVIDIA GPU and its driver, CUDA 12, and onnxruntime-node installed with ONNXRUNTIME_NODE_INSTALL=cuda12',
  webgpu: 'it needs a GPU with a Vulkan, Metal or Direct3D 12 driver',
  coreml: 'it needs macOS',
  dml: 'it needs Windows with a Direct3D 12 GPU',
};

/** The execution providers that this build of onnxruntime-node contains, whether or not they work here. */
export const builtProviders = (): string[] =>
  binding()
    .binding.listSupportedBackends()
    .map(({ name }) => name);

/** Probing a provider takes up to a second and cannot come out differently in the same process. */
const probed = new Map<Provider, string | undefined>();

/**
 * Why a provider does not run on this machine; `undefined` if it does. It runs if it computes a convolution correctly
 * with no way back to cpu: onnxruntime-node lists providers by what it was built with, not by what the machine has.
 *
 * @param options.asked someone asked for it by name, so that a probe may look for a device where there is no sign of one
 */
export function providerFault(
  provider: Provider,
  { asked = true }: { asked?: boolean } = {},
): string | undefined {
  if (provider === 'cpu') return undefined;
  if (!PROVIDERS.includes(provider)) return `there is no such provider; choose ${listed(PROVIDERS, 'or')}`;
  if (!builtProviders().includes(provider)) return 'this build of onnxruntime-node does not contain it';
  // ONNX Runtime writes to the terminal when it fails to load the library or to find an adapter: look first.
  if (provider === 'cuda' && !hasCudaLibrary()) return 'its library was not installed with onnxruntime-node';
  if (provider === 'webgpu' && !asked && !hasGpuNode()) return 'there is no GPU';
  if (!probed.has(provider)) probed.set(provider, probe(provider));
  return probed.get(provider);
}

export interface ChosenProvider {
  readonly provider: Provider;
  /** Why each candidate before it was passed over, such as `webgpu: there is no GPU`. */
  readonly passedOver: readonly string[];
}

/**
 * The first of some providers that works here.
 *
 * @param wanted what someone asked for, the best first
 * @param fallback what to try if nobody asked
 * @throws SightlineError `provider-missing` if none of them works
 */
export function chooseProvider(
  wanted: readonly Provider[] | undefined,
  fallback: readonly Provider[] = PROVIDERS,
): ChosenProvider {
  return openFirst(wanted, () => undefined, fallback);
}

/**
 * The same with a session: a provider that works may still refuse a graph, and then the next one is tried.
 *
 * @param open opens what runs on a provider
 * @throws also what `open` throws, other than SightlineError `runtime`
 */
export function openFirst<T>(
  wanted: readonly Provider[] | undefined,
  open: (provider: Provider) => T,
  fallback: readonly Provider[] = PROVIDERS,
): ChosenProvider & { readonly opened: T } {
  const faults: [Provider, string][] = [];
  for (const provider of wanted ?? fallback) {
    let fault = providerFault(provider, { asked: wanted !== undefined });
    if (fault === undefined) {
      try {
        const opened = open(provider);
        return { provider, passedOver: faults.map(([name, why]) => `${name}: ${why}`), opened };
      } catch (error) {
        if (!isSightlineError(error, 'runtime')) throw error;
        fault = nativeReason(error);
      }
    }
    faults.push([provider, fault]);
  }
  throw missing(faults);
}

function missing(faults: readonly (readonly [Provider, string])[]): SightlineError {
  const reasons = faults.map(([provider, fault]) => {
    const why = [fault, NEEDS[provider]].filter(Boolean).join('; ');
    return faults.length === 1 ? why : `${provider}: ${why}`;
  });
  const which =
    faults.length === 1
      ? `The execution provider ${faults[0]![0]} does not run here`
      : `None of the execution providers ${listed(faults.map(([provider]) => provider))} runs here`;
  return new SightlineError('provider-missing', `${which}: ${reasons.join('. ')}.`, {
    hint: 'Choose cpu, or leave the provider out.',
  });
}

/** CUDA's provider is not in the npm package: the install script of onnxruntime-node fetches it. */
function hasCudaLibrary(): boolean {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const name =
    process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
  return readdirSync(join(root, 'bin')).some((napi) =>
    existsSync(join(root, 'bin', napi, process.platform, process.arch, name)),
  );
}

function hasGpuNode(): boolean {
  if (process.platform !== 'linux') return true;
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return true;
  return ['/dev/dri', '/dev/nvidia0', '/dev/dxg'].some((path) => existsSync(path));
}

/** Runs a 3x3 convolution of ones over 4 channels: each output is 36. */
function probe(provider: Provider): string | undefined {
  const g = new GraphBuilder('probe');
  const x = g.input('x', 'float32', [1, 4, 8, 8]);
  const kernel = g.constant(new Float32Array(4 * 4 * 9).fill(1), [4, 4, 3, 3]);
  g.output('y', op.relu(g, op.conv(g, x, kernel)));
  try {
    const session = new Session(encodeModel(g.build()), { provider, cpuFallback: false });
    try {
      const ones = tensorOf(new Float32Array(4 * 64).fill(1), 'float32', [1, 4, 8, 8]);
      const y = session.run({ x: ones }, { y: null }).y!.data as Float32Array;
      return y.every((value) => value === 36) ? undefined : 'it computes a convolution incorrectly';
    } finally {
      session.dispose();
    }
  } catch (error) {
    return nativeReason(error);
  }
}

/** The first sentence of ONNX Runtime's own error, without the source file and function before it. */
export function nativeReason(error: unknown): string {
  const { message } = ((error as Error).cause ?? error) as Error;
  const words = message.replace(/^.* was false\. /s, '').split(/\n|(?<=\.)\s/)[0]!;
  return words.trim().replace(/\.$/, '');
}
