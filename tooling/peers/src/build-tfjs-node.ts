// tfjs-node, whose library no registry has: its binding is compiled from the sources in its own npm package against the
// libtensorflow inside the Python package tensorflow-cpu, once.

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SightlineError } from '@sightline/core';
import { places } from './places.ts';
import { npmInstall, runProgram } from './program.ts';
import { findPython } from './python.ts';

const PACKAGES = ['@tensorflow/tfjs-node@4.22.0', 'node-api-headers@1.9.0'];

/** The newest version of Node-API that tfjs-node 4.22 knows; its loader looks in a folder of that name. */
const NODE_API = 8;

/** Arguments of Node with which `import('@tensorflow/tfjs-node')` finds it, from any package; builds it if need be. */
export async function tfjsNodeArguments(): Promise<readonly string[]> {
  await build();
  return ['--import', fileURLToPath(new URL('./use-tfjs-node.ts', import.meta.url))];
}

async function build(): Promise<void> {
  if (process.platform !== 'linux') {
    throw new SightlineError('unsupported', 'The binding of tfjs-node is built on Linux only.');
  }
  const python = await findPython();
  const tensorflow = (
    await runProgram(python, [
      '-c',
      'import importlib.util as u; print(u.find_spec("tensorflow").submodule_search_locations[0])',
    ])
  ).trim();
  const stamp = join(places.tfjsNode, 'built.txt');
  const wanted = [tensorflow, ...PACKAGES].join('\n');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return;

  console.error('Building the binding of tfjs-node.');
  await npmInstall(places.tfjsNode, PACKAGES);
  const modules = join(places.tfjsNode, 'node_modules');
  const root = join(modules, '@tensorflow/tfjs-node');
  const folder = join(root, `lib/napi-v${NODE_API}`);
  await mkdir(folder, { recursive: true });
  await runProgram('g++', [
    ...['-std=c++17', '-O2', '-shared', '-fPIC', `-DNAPI_VERSION=${NODE_API}`],
    ...[root, join(modules, 'node-api-headers/include'), join(tensorflow, 'include')].map(
      (path) => `-I${path}`,
    ),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(root, 'binding', file)),
    ...['-o', join(folder, 'tfjs_binding.node'), `-L${tensorflow}`, `-Wl,-rpath,${tensorflow}`],
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
  ]);
  await writeFile(stamp, wanted);
}
