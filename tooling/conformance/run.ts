// TensorFlow.js' own op tests on the engine that ENGINE names (default: onnxruntime): bundled, run under jasmine, compared
// with the list of exclusions.
// The last line is `N passed, N failed, N excluded`.

import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { useSoftwareGpu } from '@sightline/chromium/software-gpu';
import { build } from 'esbuild';

interface SpecResult {
  readonly fullName: string;
  readonly status: 'passed' | 'failed' | 'pending' | 'excluded';
  readonly failedExpectations: readonly { readonly message: string; readonly stack: string }[];
}

interface Jasmine {
  readonly env: { configure(options: object): void };
  clearReporters(): void;
  addReporter(reporter: object): void;
  exitOnCompletion: boolean;
  execute(files?: string[], filter?: string): Promise<unknown>;
  loadSpecs(): Promise<void>;
}

useSoftwareGpu();

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
// Where this package's own onnxruntime-node and webgpu are found, which the bundle leaves outside.
const cache = join(here, 'node_modules/.cache');
const bundle = join(cache, 'conformance.mjs');
await mkdir(cache, { recursive: true });

await build({
  entryPoints: [join(here, 'entry.ts')],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  conditions: ['@sightline/source'],
  mainFields: ['module', 'main'],
  // The package says it has no side effects, while its test files register their specs by being imported.
  ignoreAnnotations: true,
  external: ['crypto', 'onnxruntime-node', 'onnxruntime-node/*', 'webgpu'],
  banner: {
    // TensorFlow.js' CommonJS parts call require.
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'error',
});

const excluded = JSON.parse(readFileSync(join(here, 'excluded.json'), 'utf8')) as Record<string, string>;
const JasmineRunner = require('jasmine') as new () => Jasmine;
const jasmine = new JasmineRunner();
jasmine.exitOnCompletion = false;
jasmine.env.configure({ random: false });
jasmine.clearReporters();

const counts = { passed: 0, failed: 0, excluded: 0, pending: 0 };
const surprises: string[] = [];
jasmine.addReporter({
  specDone({ fullName, status, failedExpectations }: SpecResult) {
    if (status === 'pending' || status === 'excluded') counts.pending++;
    else if (fullName in excluded) {
      counts.excluded++;
      if (status === 'passed') surprises.push(fullName);
    } else if (status === 'passed') counts.passed++;
    else {
      counts.failed++;
      console.log(`FAILED ${fullName}\n  ${failedExpectations.map((e) => e.message).join('\n  ')}`);
      if (process.env.STACKS) console.log(failedExpectations[0]?.stack);
    }
  },
});
(globalThis as { jasmine?: { DEFAULT_TIMEOUT_INTERVAL: number } }).jasmine!.DEFAULT_TIMEOUT_INTERVAL = 60_000;
await import(pathToFileURL(bundle).href);
await jasmine.execute([], process.argv[2]);

for (const name of surprises) console.log(`EXCLUDED BUT PASSES ${name}: take it off the list`);
if (counts.pending > 0) console.log(`${counts.pending} left pending by TensorFlow.js itself`);
console.log(
  `${counts.passed} passed, ${counts.failed + surprises.length} failed, ${counts.excluded} excluded`,
);
process.exit(counts.failed + surprises.length > 0 ? 1 : 0);
