// What the page that tries networks needs besides them: its script, with @sightline/predict in it, and ONNX Runtime, in
// one build for processors, which every browser runs, and one that also knows WebGPU, for browsers whose WebAssembly can
// wait for it (JSPI).

import { copyFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { TRIAL_FOLDER, type TrialRuntimes } from './report/trial.ts';

const require = createRequire(import.meta.url);

const RUNTIMES = { wasm: 'ort-wasm-simd-threaded.wasm', webgpu: 'ort-wasm-simd-threaded.jspi.wasm' };

const installed = (file: string): string => require.resolve(`onnxruntime-web/${file}`);

/** ONNX Runtime's files, as the page names them. */
export function trialRuntimes(): TrialRuntimes {
  const fileOf = (file: string) => ({
    src: `${TRIAL_FOLDER}/${file}`,
    bytes: statSync(installed(file)).size,
  });
  return { wasm: fileOf(RUNTIMES.wasm), webgpu: fileOf(RUNTIMES.webgpu) };
}

/** Writes the script and ONNX Runtime to their folder in the site at `root`. */
export async function writeTrial(root: string): Promise<void> {
  const out = join(root, TRIAL_FOLDER);
  await build({
    entryPoints: { try: fileURLToPath(new URL('../site/trial/main.ts', import.meta.url)) },
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'eof',
    logLevel: 'error',
    // As this process resolves packages: sources in the repository, built files elsewhere.
    conditions: require.resolve('@sightline/predict').endsWith('.ts') ? ['@sightline/source'] : [],
    plugins: [withoutDefaultRuntime],
  });
  for (const file of Object.values(RUNTIMES)) copyFileSync(installed(file), join(out, file));
}

/** The page passes the ONNX Runtime that it has chosen: the one that @sightline/predict would load stays out. */
const withoutDefaultRuntime: Plugin = {
  name: 'without-default-runtime',
  setup({ onResolve }) {
    onResolve({ filter: /^onnxruntime-web$/ }, ({ path }) => ({ path, external: true }));
  },
};
