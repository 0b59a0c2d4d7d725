// ONNX Runtime for browsers, from the site's own files.

import type { LoadOptions } from '@sightline/predict';

/** What runs a network. */
export type Processor = 'wasm' | 'webgpu';

export interface RuntimeSource {
  /** The WebAssembly file's address from the site's root. */
  src: string;
  bytes: number;
}

/** Loaded once: it can't be replaced within a page. */
let loaded: Promise<LoadOptions> | undefined;

/** How @sightline/predict runs a network on it. `read` gives the bytes of its WebAssembly file. */
export function loadRuntime(processor: Processor, read: () => Promise<Uint8Array>): Promise<LoadOptions> {
  loaded ??= openRuntime(processor, read).catch((error) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function openRuntime(processor: Processor, read: () => Promise<Uint8Array>): Promise<LoadOptions> {
  const runtime =
    processor === 'webgpu' ? await import('onnxruntime-web/jspi') : await import('onnxruntime-web/wasm');
  const { wasm } = runtime.env;
  wasm.wasmBinary = await read();
  // More would need pages that are isolated from others, which a site of plain files cannot ask for.
  wasm.numThreads = 1;
  return {
    runtime,
    sessionOptions: { executionProviders: processor === 'webgpu' ? ['webgpu', 'wasm'] : ['wasm'] },
  };
}
