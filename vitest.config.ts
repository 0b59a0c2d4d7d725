import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

// Tests run from sources: the condition picks each package's src/index.ts, so nothing is built first.
const conditions = ['@sightline/source'];

// Read by the GNU C library as a worker begins: memory of up to a gigabyte that is freed stays with the process. Weights
// and tensors come and go by the hundred, and for the system to clear their pages each time is a tenth of all time.
process.env.MALLOC_MMAP_THRESHOLD_ ??= String(2 ** 30);
process.env.MALLOC_TRIM_THRESHOLD_ ??= String(2 ** 32);

// All that tests and the programs that they start leave behind, in one folder that goes with the run.
const temporary = mkdtempSync(join(tmpdir(), 'sightline-tests-'));
// Tests of rights look at it as another user.
chmodSync(temporary, 0o755);
process.env.TMPDIR = temporary;
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));

/**
 * Files that change or count what a process has once: mocks, providers, kernels, sessions, tensors, the file system, and
 * the largest memory, with which a child process begins.
 */
const ALONE = [
  'packages/data/src/decode/sharp.test.ts',
  'packages/models/src/engine/**/*.test.ts',
  'packages/tfjs-onnxruntime/src/{backend,runtime}/**/*.test.ts',
  'tooling/fuzz/test/*.test.ts',
  'tooling/testing/test/faults.test.ts',
];

/** Files that need Chromium, or the GPU in software that it brings along: `npm test -- chromium` runs them. */
const CHROMIUM = '**/*.chromium.test.ts';

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // One worker per core; by default a core is left idle, which is half of a small machine.
    maxWorkers: '100%',
    // Ends a test that hangs. A busy machine must not fail one: the slowest takes a tenth of this at a load of ten.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 600_000 } },
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      { extends: true, test: { name: 'chromium', include: [CHROMIUM] } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['{packages,apps,tooling}/*/{src,site,test}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...ALONE, CHROMIUM],
          // TensorFlow.js, ONNX Runtime and the sources are loaded once per worker, not once per file: a third of all time.
          isolate: false,
        },
      },
    ],
  },
});
