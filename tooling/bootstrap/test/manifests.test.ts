/** The form of each published package's manifest. The first package of a new folder is held to it as well. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly [field: string]: unknown;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

const published = ['packages', 'apps']
  .flatMap((folder) => readdirSync(`${root}${folder}`).map((name) => `${folder}/${name}`))
  .filter((path) => existsSync(`${root}${path}/package.json`))
  .map((path) => [path, JSON.parse(readFileSync(`${root}${path}/package.json`, 'utf8')) as Manifest] as const)
  .filter(([, manifest]) => !manifest.private);

/** The versions of `catalog:`. */
const catalog = new Map(
  [...readFileSync(`${root}pnpm-workspace.yaml`, 'utf8').matchAll(/^ {2}"(.+)": (\S+)$/gm)].map(
    ([, name = '', range = '']) => [name, range],
  ),
);

/** TensorFlow.js registers layers and backends in the copy that loads them: a program must have one copy. */
const ONE_COPY = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'];

const dependenciesOf = (manifest: Manifest, field: string) =>
  Object.entries((manifest[field] ?? {}) as Record<string, string>);

/** What keeps a manifest from being published as it is, a sentence each. */
function faultsOf(manifest: Manifest): string[] {
  const faults: string[] = [];
  const expectField = (field: string, holds: boolean, what: string) => {
    if (!holds) faults.push(`${field}: expected ${what}`);
  };
  const { keywords, description, engines, publishConfig } = manifest;
  expectField('description', typeof description === 'string' && description.length > 20, 'a sentence');
  expectField('keywords', Array.isArray(keywords) && keywords.length >= 3, 'three or more words');
  expectField('author', manifest.author === 'The Sightline authors', 'The Sightline authors');
  expectField('license', typeof manifest.license === 'string', 'a license');
  expectField('type', manifest.type === 'module', 'module');
  expectField(
    'sideEffects',
    'sideEffects' in manifest || 'bin' in manifest,
    'whether importing it does something',
  );
  expectField('files', Array.isArray(manifest.files), 'the files that are published');
  expectField('engines', (engines as { node?: string })?.node === '>=22.12', 'node >=22.12');
  expectField('publishConfig', (publishConfig as { access?: string })?.access === 'public', 'public access');
  for (const field of ['dependencies', 'peerDependencies', 'optionalDependencies']) {
    for (const [name, asked] of dependenciesOf(manifest, field)) {
      const range = asked === 'catalog:' ? (catalog.get(name) ?? 'not in the catalog') : asked;
      const isRange = /^(workspace:)?[\^~]|^workspace:\^$|^\*$/.test(range);
      if (!isRange) faults.push(`${field}.${name}: expected a range, got ${range}`);
    }
  }
  for (const name of ONE_COPY) {
    const isLibrary = manifest.bin === undefined;
    const isDependency = dependenciesOf(manifest, 'dependencies').some(([other]) => other === name);
    if (isLibrary && isDependency) faults.push(`dependencies.${name}: expected a peer`);
  }
  return faults;
}

test.each(published)('%s can be published as it is', async (path, manifest) => {
  expect(faultsOf(manifest)).toEqual([]);
  const { default: config } = await import(`${root}${path}/tsdown.config.ts`);
  for (const built of [config].flat()) expect(built).toMatchObject({ dts: true, sourcemap: true });
  // With its script, onnxruntime-node fails to install where it cannot reach a server of its own.
  for (const [line] of readFileSync(`${root}${path}/README.md`, 'utf8').matchAll(/npm install .*/g))
    if (!line.startsWith('npm install @sightline/predict onnxruntime-web'))
      expect(line).toMatch(/^npm install --ignore-scripts /);
  // What finds types without reading `exports`, as TypeScript's `moduleResolution: node10` does, finds the same ones.
  const entries = manifest.exports as Record<string, { types?: string }>;
  expect(manifest.types).toBe(entries['.']?.types);
  // Types and code of each entry, and the condition that only this repository sets comes first.
  for (const entry of Object.values(manifest.exports as Record<string, string | Record<string, unknown>>)) {
    if (typeof entry === 'string') continue;
    expect(Object.keys(entry)[0]).toBe('@sightline/source');
    expect(Object.keys(entry).at(-1)).toBe('default');
  }
});

const [, whole] = published.find(([path]) => path === 'packages/models') ?? published[0]!;
const broken: [string, Partial<Manifest>, RegExp][] = [
  ['without keywords', { keywords: undefined }, /^keywords/],
  ['without an author', { author: undefined }, /^author/],
  ['a new package of the scope, not public', { publishConfig: undefined }, /^publishConfig/],
  ['for any Node', { engines: { node: '>=20' } }, /^engines/],
  ['all files', { files: undefined }, /^files/],
  ['an exact sibling', { dependencies: { '@sightline/core': 'workspace:*' } }, /sightline\/core.*range/],
  ['an exact version', { dependencies: { zod: '4.6.7' } }, /zod.*range/],
  ['an exact tool of the catalog', { dependencies: { knip: 'catalog:' } }, /knip.*range/],
  [
    'a word of the catalog that is not there',
    { peerDependencies: { other: 'catalog:' } },
    /not in the catalog/,
  ],
  ['a second copy of TensorFlow.js', { dependencies: { '@tensorflow/tfjs-layers': 'catalog:' } }, /a peer/],
];
test.each(broken)('what is refused: %s', (_, change, fault) => {
  expect(faultsOf({ ...whole, ...change })).toEqual([expect.stringMatching(fault)]);
});

const LIFECYCLE = ['preinstall', 'install', 'postinstall'];

/** The packages with an install script that come with the package in a folder: pnpm stops at one that it is not told of. */
function withInstallScript(folder: string, seen = new Map<string, boolean>()): string[] {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    // pnpm links what a package depends on in its own node_modules, or beside it.
    const beside = folder.slice(0, folder.lastIndexOf('/node_modules/'));
    const found = [folder, beside].map((at) => `${at}/node_modules/${name}`).find((at) => existsSync(at));
    if (!found || seen.has(name)) continue;
    const path = realpathSync(found);
    const { scripts = {} } = JSON.parse(readFileSync(`${path}/package.json`, 'utf8'));
    seen.set(name, LIFECYCLE.some((script) => script in scripts) || existsSync(`${path}/binding.gyp`));
    withInstallScript(path, seen);
  }
  return [...seen].filter(([, hasScript]) => hasScript).map(([name]) => name);
}

test("the README's lines for pnpm name every install script", () => {
  const readme = readFileSync(`${root}packages/sightline/README.md`, 'utf8');
  const [, lines = ''] = readme.match(/^```yaml\nallowBuilds:\n([^`]*)```$/m) ?? [];
  const named = [...lines.matchAll(/^ {2}(\S+): false$/gm)].map(([, name]) => name);
  const seen = new Map<string, boolean>();
  const found = ['packages/sightline', 'apps/reports'].flatMap((path) =>
    withInstallScript(root + path, seen),
  );
  // fsevents is for macOS, where it comes built.
  expect(named.sort()).toEqual([...new Set(found)].filter((name) => name !== 'fsevents').sort());
});
