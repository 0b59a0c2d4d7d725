// Configurations in folders of others, loaded by Node itself: a test runner has a loader of its own.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/photographs.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

test.each(['{ "type": "commonjs" }', '{}', '{ "type": "module" }'])(
  'below a package.json with %s, a configuration and what it imports are modules',
  (manifest) => {
    const folder = temporaryFolder('config');
    writeFileSync(join(folder, 'package.json'), manifest);
    writeFileSync(join(folder, 'size.ts'), 'export const size: [number, number] = [32, 32];\n');
    writeFileSync(
      join(folder, 'sightline.config.ts'),
      `import { defineConfig, defineExperiment } from 'sightline';
import { size } from './size.ts';

export default defineConfig({ experiments: { small: defineExperiment({ imageSize: size }) } });
`,
    );
    const args = ['--conditions=@sightline/source', main, 'train', '--experiment', 'none'];
    const { stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(stderr).toMatch(/^There is no experiment "none" in .*sightline\.config\.ts\. It has small\.\n$/);
  },
);
