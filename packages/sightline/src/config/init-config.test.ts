import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseExperiment } from '@sightline/models/experiment';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/photographs.ts';
import { initConfig } from './init-config.ts';
import { loadConfig } from './load-config.ts';

test('the configuration loads as it is written, and with every comment taken away', async () => {
  const folder = temporaryFolder('init');
  const { file } = initConfig(folder, { data: join(folder, 'my photos') });
  expect(file).toBe(join(folder, 'sightline.config.ts'));
  // In tests, packages are not resolved from another folder.
  const source = new URL('../index.ts', import.meta.url).href;
  const written = readFileSync(file, 'utf8').replace("from 'sightline'", `from '${source}'`);
  const commented = written.replaceAll(/^( +)\/\/ (\w+: .*,)$/gm, '$1$2');
  expect(commented).not.toBe(written);
  for (const [name, text] of [
    ['as-written.mjs', written],
    ['uncommented.mjs', commented],
  ] as const) {
    writeFileSync(join(folder, name), text);
    const config = await loadConfig(join(folder, name));
    expect(config).toMatchObject({ data: 'my photos' });
    expect(Object.keys(config.experiments)).toEqual(['transfer', 'residual']);
    for (const experiment of Object.values(config.experiments))
      expect(() => parseExperiment(experiment)).not.toThrow();
  }
  expect(written.split('\n').filter((line) => line.length > 110)).toEqual([]);
});

test('a configuration that is there stays', () => {
  const folder = temporaryFolder('init');
  writeFileSync(join(folder, 'sightline.config.mjs'), 'export default {}');
  expect(() => initConfig(folder)).toThrow(/There is a configuration .*sightline\.config\.mjs already/);
  expect(existsSync(join(folder, 'sightline.config.ts'))).toBe(false);
});
