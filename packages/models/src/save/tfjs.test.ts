import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { selectEngine } from '../engine/select.ts';
import { seedNetwork } from '../networks/seed.ts';
import { type LayerRow, sequential } from '../networks/table.ts';
import type { ModelMetadata } from './metadata.ts';
import { loadModel, saveModel } from './tfjs.ts';

beforeAll(() => selectEngine('cpu'));
let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'sightline-model-')), 'model');
  mkdirSync(dir);
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true }));

const rows: LayerRow[] = [
  { layer: 'conv', filters: 4, kernelSize: 3, activation: 'relu', l2: 0.001 },
  { layer: 'norm' },
  { layer: 'maxPool', size: 2 },
  { layer: 'flatten' },
  { layer: 'dropout', rate: 0.5 },
];
const metadata: ModelMetadata = { classes: ['other', 'car'], imageSize: [8, 8] };
const network = () => seedNetwork(sequential('saved', rows, [8, 8, 3], 2), 11);
const x = () => tf.randomUniform([3, 8, 8, 3], 0, 1, 'float32', 5);
const answer = (model: Awaited<ReturnType<typeof network>>) =>
  Array.from((model.apply(x(), { training: false }) as tf.Tensor).dataSync());

test('a loaded model answers exactly as the saved one, and knows its classes', async () => {
  const model = await network();
  await saveModel(model, dir, metadata);
  const loaded = await loadModel(dir);
  expect(answer(loaded.model)).toEqual(answer(model));
  expect(loaded.metadata).toEqual(metadata);
  expect(answer((await loadModel(join(dir, 'model.json'))).model)).toEqual(answer(model));
});

test("TensorFlow.js' own loader reads the files", async () => {
  const model = await network();
  await saveModel(model, dir, metadata);
  const json = JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8')) as tf.io.ModelJSON;
  const bytes = new Uint8Array(readFileSync(join(dir, 'weights.bin')));
  const { loadLayersModel } = await import('@tensorflow/tfjs-layers');
  const loaded = await loadLayersModel({
    load: () =>
      tf.io.getModelArtifactsForJSON(json, async (m) => [m.flatMap((g) => g.weights), bytes.buffer]),
  });
  expect(answer(loaded)).toEqual(answer(model));
});

test('saving twice gives the same bytes', async () => {
  const model = await network();
  await saveModel(model, dir, metadata);
  const first = ['model.json', 'weights.bin'].map((name) => readFileSync(join(dir, name)));
  await saveModel(await network(), dir, metadata);
  expect(['model.json', 'weights.bin'].map((name) => readFileSync(join(dir, name)))).toEqual(first);
});

test('a model that is missing, cut short or unknown is refused with a sentence', async () => {
  await expect(loadModel(join(dir, 'none'))).rejects.toThrow(/There is no .*model\.json/);
  await saveModel(await network(), dir, metadata);
  truncateSync(join(dir, 'weights.bin'), 100);
  await expect(loadModel(dir)).rejects.toThrow(/should be [\d,]+ bytes, but are 100/);
  rmSync(join(dir, 'weights.bin'));
  await expect(loadModel(dir)).rejects.toThrow(/weights\.bin" are missing/);

  await saveModel(await network(), dir);
  const json = readFileSync(join(dir, 'model.json'), 'utf8');
  writeFileSync(join(dir, 'model.json'), json.replace('"Flatten"', '"Unfold"'));
  await expect(loadModel(dir)).rejects.toThrow(/a layer Unfold that TensorFlow\.js does not know/);
  writeFileSync(join(dir, 'model.json'), json.slice(0, 50));
  await expect(loadModel(dir)).rejects.toThrow(/not whole JSON/);
  writeFileSync(join(dir, 'model.json'), '{"format": "graph-model"}');
  await expect(loadModel(dir)).rejects.toThrow(/not a TensorFlow\.js LayersModel/);
});

test('a model that contradicts its metadata is refused: another input size, other classes', async () => {
  const model = await network();
  await saveModel(model, dir, { ...metadata, imageSize: [16, 16] });
  await expect(loadModel(dir)).rejects.toThrow(
    /has metadata for images of 16x16x3, but its network takes 8x8x3: save the model again/,
  );
  await saveModel(model, dir, { ...metadata, classes: ['a', 'b', 'c'] });
  await expect(loadModel(dir)).rejects.toThrow(/names 3 classes \(a, b, c\), but its network has 2/);
});

describe('a model of a stranger', () => {
  type Json = { weightsManifest: { paths: string[]; weights: { name: string; shape: number[] }[] }[] };
  const edited = async (change: (json: Json) => unknown) => {
    await saveModel(await network(), dir);
    const json = JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8')) as Json;
    writeFileSync(join(dir, 'model.json'), JSON.stringify(change(json) ?? json));
    return loadModel(dir);
  };

  test.each(['../secret', '../../../../../../../../dev/zero', '/etc/passwd', 'link'])(
    'reads no weights from %s',
    async (path) => {
      writeFileSync(join(dir, '../secret'), 'x');
      symlinkSync('/etc/passwd', join(dir, 'link'));
      const loading = edited((json) => {
        json.weightsManifest[0]!.paths = [path];
      });
      await expect(loading).rejects.toMatchObject({
        name: 'SightlineError',
        message: expect.stringMatching(/leads out of the folder|are missing in/),
      });
    },
  );

  test('opens no pipe', async () => {
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    const loading = edited((json) => {
      json.weightsManifest[0]!.paths = ['pipe'];
    });
    await expect(loading).rejects.toThrow(/expected a file, but it is a pipe/);
  });

  test('allocates no more than it stores', async () => {
    const inflate = (text: string) => JSON.parse(text.replace(/"units":\d+/, '"units":2000000000'));
    const loading = edited((json) => inflate(JSON.stringify(json)));
    await expect(loading).rejects.toThrow(
      /needs a weight kernel of \d+x2000000000, but the file holds \d+ numbers/,
    );
  });

  test('is refused where its manifest is none', async () => {
    await expect(edited((json) => ({ ...json, weightsManifest: [{ paths: 5 }] }))).rejects.toThrow(
      /expected a modelTopology and a weightsManifest/,
    );
    const shape = edited((json) => {
      json.weightsManifest[0]!.weights[0]!.shape = [-1, 2];
    });
    await expect(shape).rejects.toThrow(/expected a modelTopology and a weightsManifest/);
    const name = edited((json) => {
      json.weightsManifest[0]!.weights[0]!.name = 'other';
    });
    await expect(name).rejects.toThrow(/could not be loaded: it has no weight/);
  });
});
