/**
 * The house: on which floor each package stands. A package imports packages of lower floors only. The check
 * `architecture` of `npm run check` holds it, and that nothing imports in circles, neither files nor folders.
 */
export const floors = [
  ['core', 'vgg16-weights', 'efficientnet-lite-weights'],
  ['onnx', 'image', 'metrics', 'runs', 'cifar10'],
  ['ort', 'data', 'viz'],
  ['tfjs-onnxruntime', 'backbone', 'predict'],
  ['vgg16', 'efficientnet-lite'],
  ['models'],
  ['sightline'],
];

const workspace = floors.flatMap((names, floor) =>
  names.map((name) => ({
    name,
    higher: floors
      .slice(floor)
      .flat()
      .filter((other) => other !== name),
  })),
);

/** Tests and what they share may look everywhere within their package. */
const notTests = '(\\.(test|fuzz)\\.ts$|/testing/|/test/)';

/** Configuration of dependency-cruiser. */
export default {
  forbidden: [
    ...workspace.map(({ name, higher }) => ({
      name: `floors-${name}`,
      comment: `packages/${name} imports a package of its own or a higher floor (tooling/bootstrap/floors.mjs).`,
      severity: 'error',
      from: { path: `^packages/${name}/`, pathNot: notTests },
      to: { path: `^(packages/(${higher.join('|')})|apps|tooling)/` },
    })),
    {
      name: 'apps-import-packages-only',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: notTests },
      to: { path: '^(apps|tooling)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'no-circle-of-files',
      severity: 'error',
      from: { pathNot: notTests },
      to: { circular: true },
    },
    {
      name: 'no-circle-of-folders',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: {
      path: '(^|/)(dist|lib|node_modules|runs|features|public)/|\\.d\\.ts$|\\.test\\.ts$|/testing/|/test/',
    },
    includeOnly: '^(packages|apps)/',
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@sightline/source', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
