import { defineConfig } from 'vitest/config';

// Tests run from sources: the condition picks each package's src/index.ts, so nothing is built first.
const conditions = ['@sightline/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // One worker per core; by default a core is left idle, which is half of a small machine.
    maxWorkers: '100%',
    include: ['{packages,apps,tooling}/*/{src,site,test}/**/*.test.ts'],
    // Ends a test that hangs. A busy machine must not fail one: the slowest takes a tenth of this at a load of ten.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 600_000 } },
  },
});
