// Models in folders, as tfjs-node and the converter write them.

import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as tf from './index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-node-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const x = () => tf.tensor2d([0.5, -1, 2, 1, 0, 3], [2, 3]);
const values = (model: tf.LayersModel) => model.getWeights().flatMap((weight) => [...weight.dataSync()]);
const quietly = { verbose: 0, epochs: 2 };

async function trained(): Promise<tf.LayersModel> {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  model.compile({ optimizer: tf.train.adam(0.1), loss: 'meanSquaredError' });
  await model.fit(x(), tf.ones([2, 2]), quietly);
  return model;
}

/** Weights of a saved model in two files, in a folder below. */
function shardWeights(saved: string): void {
  const path = join(saved, 'model.json');
  const json = JSON.parse(readFileSync(path, 'utf8')) as tf.io.ModelJSON;
  const bytes = readFileSync(join(saved, 'weights.bin'));
  mkdirSync(join(saved, 'shards'));
  writeFileSync(join(saved, 'shards/1'), bytes.subarray(0, 7));
  writeFileSync(join(saved, 'shards/2'), bytes.subarray(7));
  rmSync(join(saved, 'weights.bin'));
  json.weightsManifest[0]!.paths = ['shards/1', 'shards/2'];
  writeFileSync(path, JSON.stringify(json));
}

it('a layers model goes on training where it was saved, its optimizer too', async () => {
  const model = await trained();
  await model.save(`file://${folder}/saved`, { includeOptimizer: true });
  shardWeights(join(folder, 'saved'));
  const loaded = await tf.loadLayersModel(`file://${folder}/saved/model.json`);
  const losses = [];
  for (const each of [model, loaded]) {
    const { history } = await each.fit(x(), tf.ones([2, 2]), quietly);
    losses.push(history.loss);
  }
  // TensorFlow.js restores the powers of Adam's betas from the number of steps, rounded in another order.
  expect(losses[1]).toEqual(losses[0]!.map((loss) => expect.closeTo(loss as number, 4)));
});

it('a graph model', async () => {
  const weights = Float32Array.of(1, 2, 3);
  const node = (name: string, op: string, input: string[] = []) => ({
    name,
    op,
    input,
    attr: {
      dtype: { type: 'DT_FLOAT' },
      ...(op === 'Placeholder' ? { shape: { shape: { dim: [{ size: '3' }] } } } : {}),
    },
  });
  const json = {
    format: 'graph-model',
    modelTopology: {
      node: [node('x', 'Placeholder'), node('w', 'Const'), node('y', 'Mul', ['x', 'w'])],
      versions: {},
    },
    weightsManifest: [
      { paths: ['group1-shard1of1.bin'], weights: [{ name: 'w', shape: [3], dtype: 'float32' }] },
    ],
  };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
  writeFileSync(join(folder, 'group1-shard1of1.bin'), new Uint8Array(weights.buffer));
  const model = await tf.loadGraphModel(tf.io.fileSystem(join(folder, 'model.json')));
  const y = model.predict(tf.tensor1d([2, 2, 2])) as tf.Tensor;
  expect([...y.dataSync()]).toEqual([2, 4, 6]);
});

it('refuses weights outside of the folder, by name or by a link', async () => {
  const saved = join(folder, 'saved');
  await (await trained()).save(`file://${saved}`);
  const path = join(saved, 'model.json');
  const json = JSON.parse(readFileSync(path, 'utf8')) as tf.io.ModelJSON;
  renameSync(join(saved, 'weights.bin'), join(folder, 'outside.bin'));
  symlinkSync(join(folder, 'outside.bin'), join(saved, 'link.bin'));
  for (const name of ['../outside.bin', join(folder, 'outside.bin'), 'link.bin']) {
    json.weightsManifest[0]!.paths = [name];
    writeFileSync(path, JSON.stringify(json));
    await expect(tf.loadLayersModel(`file://${path}`)).rejects.toThrow(/leads out of the folder/);
  }
});

it('says what is missing or broken', async () => {
  const load = (name: string) => tf.loadLayersModel(`file://${join(folder, name)}`);
  await expect(load('none/model.json')).rejects.toMatchObject({ code: 'missing' });
  writeFileSync(join(folder, 'text.json'), 'no JSON');
  await expect(load('text.json')).rejects.toThrow(/text\.json: it is not JSON/);
  writeFileSync(join(folder, 'other.json'), '{}');
  await expect(load('other.json')).rejects.toThrow(/expected modelTopology in it/);
  await (await trained()).save(`file://${folder}`);
  rmSync(join(folder, 'weights.bin'));
  await expect(load('model.json')).rejects.toThrow(/The file of weights .*weights\.bin does not exist/);
});

it('says what is wrong with a manifest or with the files of weights', async () => {
  const path = join(folder, 'model.json');
  await (await trained()).save(`file://${folder}`);
  const whole = JSON.parse(readFileSync(path, 'utf8')) as tf.io.ModelJSON;
  const [group] = whole.weightsManifest;
  const weights = readFileSync(join(folder, 'weights.bin'));
  const load = (manifest: unknown, bytes: Uint8Array = weights) => {
    writeFileSync(path, JSON.stringify({ ...whole, weightsManifest: manifest }));
    writeFileSync(join(folder, 'weights.bin'), bytes);
    return tf.loadLayersModel(`file://${path}`);
  };
  await expect(load([group], weights.subarray(0, 10))).rejects.toThrow(
    `expected ${weights.length} bytes, but its files hold 10`,
  );
  for (const odd of [
    null,
    { paths: [3], weights: [] },
    { ...group, paths: undefined },
    { ...group, weights: [{}] },
  ]) {
    await expect(load([odd])).rejects.toThrow(/expected groups of paths and weights/);
  }
  // TensorFlow.js takes bytes that nothing needs; files that would only give more of them are not read.
  const more = [{ ...group, paths: ['weights.bin', ...Array<string>(1e5).fill('none.bin')] }];
  expect(values(await load(more, Buffer.concat([weights, weights])))).toHaveLength(8);
  expect(() => tf.io.fileSystem('file://')).toThrow(/must name a folder or a model\.json/);
  expect(() => tf.io.fileSystem(['a', 'b'] as never)).toThrow(/must name a folder or a model\.json/);
});

it('SavedModels are refused with the way to go', async () => {
  await expect(tf.node.loadSavedModel(folder)).rejects.toMatchObject({
    code: 'unsupported',
    hint: expect.stringContaining('tensorflowjs_converter'),
  });
  await expect(tf.node.getMetaGraphsFromSavedModel(folder)).rejects.toThrow(/SavedModels need TensorFlow/);
  expect(tf.node.getNumOfSavedModels()).toBe(0);
});

it('a model on a server', async () => {
  await (await trained()).save(`file://${folder}`);
  const server = createServer(({ url, headers }, response) => {
    if (headers.authorization !== 'secret') response.writeHead(401).end();
    else response.end(readFileSync(join(folder, url!)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/model.json`;
    const handler = tf.io.nodeHTTPRequest(url, { headers: { authorization: 'secret' } });
    expect(values(await tf.loadLayersModel(handler))).toHaveLength(8);
  } finally {
    server.close();
  }
});
