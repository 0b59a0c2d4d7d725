import { defineConfig } from 'vitest/config';

// Tests run from sources: the condition picks each package's src/index.ts, so nothing is built first.
const conditions = ['@sightline/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{packages,apps,tooling}/*/{src,test}/**/*.test.ts'],
    testTimeout: 60_000,
  },
});
