import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/photographs.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import { settingsOf } from './settings.ts';

const config: LoadedConfig = {
  path: resolve('/house/sightline.config.ts'),
  folder: resolve('/house'),
  data: 'images',
  seed: 7,
  experiments: {
    plain: {
      network: 'baseline',
      epochs: 15,
      batchSize: 128,
      optimizer: { name: 'adam', learningRate: 0.01 },
    },
  },
};

describe('settings', () => {
  test('come from the configuration, relative to its file', () => {
    expect(settingsOf(config, 'plain', {})).toMatchObject({
      name: 'plain',
      seed: 7,
      experiment: { epochs: 15, batchSize: 128, backbone: null },
      data: resolve('/house/images'),
      out: resolve('/house/runs/plain'),
      features: resolve('/house/features'),
      resize: { size: [64, 64], interpolation: 'bilinear', fit: 'stretch' },
    });
  });

  test('have the title of the data set, which the configuration may give', () => {
    expect(settingsOf({ ...config, title: 'The house' }, 'plain').title).toBe('The house');
    expect('title' in settingsOf(config, 'plain')).toBe(false);
  });

  test('are overridden by the caller, field by field', () => {
    const overrides = {
      seed: 4,
      batchSize: 16,
      imageSize: [32, 48],
      learningRate: 0.5,
      augment: { rotation: 9 },
      classWeights: 'balanced',
      keep: 'best',
    } as const;
    expect(settingsOf(config, 'plain', overrides)).toMatchObject({
      seed: 4,
      resize: { size: [32, 48] },
      experiment: {
        epochs: 15,
        batchSize: 16,
        imageSize: [32, 48],
        optimizer: { name: 'adam', learningRate: 0.5 },
        augmentation: { rotation: 9 },
        classWeights: 'balanced',
        keep: 'best',
      },
    });
    expect(settingsOf(config, 'plain', { backbone: 'vgg16' }).experiment).toMatchObject({
      network: 'logistic',
      backbone: 'vgg16',
    });
    const both = { backbone: 'vgg16', network: 'residual' } as const;
    expect(() => settingsOf(config, 'plain', both)).toThrow(/give one of them/);
  });

  test('say how the images are opened, over what the experiment says', () => {
    const data = { group: 'a', columns: { path: 'file', label: 'kind' } };
    const plain = { ...config.experiments.plain!, data };
    const given = { ignoreClass: ['x, y', 'z'], labelColumn: 'name', validationFraction: 0.3 };
    const settings = settingsOf({ ...config, experiments: { plain } }, 'plain', given);
    expect(settings.experiment.data).toEqual({
      group: 'a',
      ignoreClasses: ['x, y', 'z'],
      columns: { path: 'file', label: 'name' },
      validationFraction: 0.3,
    });
    expect(settings.command).toContain(
      "--ignore-class 'x, y' --ignore-class z --label-column name --validation-fraction 0.3",
    );
  });

  test('the images are named once', () => {
    const named = { ...config, images: resolve('/photos') };
    expect(settingsOf(named, 'plain').data).toBe(resolve('/photos'));
    expect(settingsOf(named, 'plain', { data: '/photos' }).data).toBe(resolve('/photos'));
    expect(() => settingsOf(named, 'plain', { data: '/others' })).toThrow(/named twice/);
    const { data: _, ...without } = config;
    expect(() => settingsOf(without, 'plain')).toThrow(/no images to train on: name their folder/);
  });

  test('a cache may hold what memory does not', () => {
    expect(settingsOf(config, 'plain', {})).toMatchObject({ memoryLimit: 2 ** 31 });
    expect(settingsOf(config, 'plain', {}).cacheDir).toBeUndefined();
    const { cacheDir, memoryLimit, command } = settingsOf(config, 'plain', { cache: '/cache', memory: 3 });
    expect([cacheDir, memoryLimit]).toEqual([resolve('/cache'), 3 * 2 ** 20]);
    expect(command).toContain('--cache /cache --memory 3');
    expect(() => settingsOf(config, 'plain', { memory: 3 })).toThrow(
      /name the folder for it with --cache DIR/,
    );
  });

  test('the command does the same again, quoted for a shell', () => {
    const { command } = settingsOf(config, 'plain', { data: "/it's here", epochs: 2 });
    expect(command).toMatch(
      /^npm run sightline -- train \S*house\/sightline\.config\.ts --experiment plain /,
    );
    expect(command).toContain("--data '/it'\\''s here'");
    expect(command).toContain('--epochs 2');
    expect(command).toContain('--seed 7');
  });
});

describe('a configuration file', () => {
  const load = (text: string) => {
    const folder = temporaryFolder('config');
    writeFileSync(join(folder, 'sightline.config.ts'), text);
    return loadConfig(folder);
  };
  const experiment = `{ network: 'baseline', epochs: 1, batchSize: 8, optimizer: { name: 'adam', learningRate: 0.1 } }`;

  test('is TypeScript, and is found by its folder', async () => {
    const { experiments, seed } = await load(
      `interface X { a: number }\nexport default { seed: 2, experiments: { one: ${experiment} } };`,
    );
    expect(Object.keys(experiments)).toEqual(['one']);
    expect(seed).toBe(2);
  });

  test('imports sightline and the packages behind it from any folder', () => {
    const folder = temporaryFolder('config');
    const text =
      `import { defineConfig } from 'sightline';\nimport { NETWORKS } from '@sightline/models/experiment';\n` +
      `if (!('baseline' in NETWORKS)) throw new Error('no networks');\n` +
      `export default defineConfig({ experiments: { one: ${experiment} } });`;
    writeFileSync(join(folder, 'sightline.config.ts'), text);
    // A process of its own: in tests, imports do not go through Node.
    const main = fileURLToPath(new URL('../main.ts', import.meta.url));
    const args = ['--conditions=@sightline/source', main, 'train', folder, '--experiment', 'two'];
    const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stderr).toMatch(/^There is no experiment "two" in .*sightline\.config\.ts\. It has one\.\n$/);
  });

  test('may be JavaScript; its folder, the file itself and a value do as well; a folder without one is of images', async () => {
    const folder = temporaryFolder('config');
    const file = join(folder, 'sightline.config.mjs');
    writeFileSync(file, `export default { data: 'images', experiments: { one: ${experiment} } };`);
    expect(await loadConfig(folder)).toMatchObject({ path: file, folder, data: 'images' });
    expect(await loadConfig(file)).toMatchObject({ path: file });
    const { path: _, folder: __, ...value } = config;
    expect(await loadConfig(value)).toMatchObject({ seed: 7, folder: resolve('.') });
    const photos = temporaryFolder('photos');
    const loaded = await loadConfig(photos);
    expect(loaded).toMatchObject({ images: photos });
    expect(settingsOf(loaded, Object.keys(loaded.experiments)[0] ?? '')).toMatchObject({ data: photos });
    await expect(loadConfig('/nowhere')).rejects.toMatchObject({ code: 'missing' });
  });

  test.each([
    ['export default {};', /experiments: /],
    ['export default { experiments: { one: 1 } };', /experiments\.one: /],
    [`export default { experiments: { '../one': ${experiment} } };`, /experiments.*letters, digits/],
    ['export default { experiments: {} };', /expected at least one experiment/],
    ['export const other = 1;', /the default export: /],
    ["throw new Error('no');", /Could not load the configuration .*: no\./],
  ])('with a mistake is refused with the field: %s', async (text, message) => {
    await expect(load(text)).rejects.toThrow(
      expect.objectContaining({ name: 'SightlineError', code: 'config' }),
    );
    await expect(load(text)).rejects.toThrow(message);
  });
});
