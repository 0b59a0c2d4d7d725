// Round trips through Keras' formats, and files that Keras itself wrote (tooling/fixtures/keras_files.py). That Keras
// reads what is written here is checked there as well (`keras_files.py --check`), where Python is.

import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { selectEngine } from '../engine/select.ts';
import { airbenchOf } from '../networks/airbench.ts';
import { buildNetwork } from '../networks/build-network.ts';
import { NETWORKS, type NetworkName } from '../networks/index.ts';
import { loadKeras, saveKeras } from './keras.ts';
import type { LayerConfig } from './keras-config.ts';

beforeAll(async () => {
  await selectEngine('cpu');
});
/** Of airbench's layers, with a sixteenth of its filters: the cpu backend would take seconds for all. */
const narrow = airbenchOf(4);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sightline-keras-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const answer = (model: tfl.LayersModel) => {
  const shape = [2, ...(model.inputs[0]!.shape.slice(1) as number[])];
  const x = Float32Array.from(
    { length: tf.util.sizeFromShape(shape) },
    (_, i) => (Math.imul(i + 1, 2654435761) >>> 24) / 255,
  );
  return Array.from((model.apply(tf.tensor(x, shape), { training: false }) as tf.Tensor).dataSync());
};

describe.each(['.keras', '.h5'])('%s', (ending) => {
  test.each(Object.keys(NETWORKS) as NetworkName[])('%s comes back with equal answers', async (name) => {
    const model = await buildNetwork(name === 'airbench' ? narrow : name, [32, 32, 3], 3, 4);
    for (const weight of model.weights) {
      if (weight.originalName.includes('moving')) weight.write(tf.add(weight.read(), 0.25));
    }
    const path = join(dir, `model${ending}`);
    await saveKeras(model, path);
    const again = await loadKeras(path);
    expect(again.metadata).toBeUndefined();
    expect(answer(again.model)).toEqual(answer(model));
  });

  test('classes and preprocessing come back, unless they contradict the network', async () => {
    const model = await buildNetwork('depthwise', [32, 48, 3], 3, 4);
    const path = join(dir, `model${ending}`);
    const metadata = {
      classes: ['a', 'b', 'c'],
      imageSize: [32, 48] as [number, number],
      interpolation: 'bilinear',
      fit: 'crop',
    } as const;
    await saveKeras(model, path, { ...metadata, classes: [...metadata.classes] });
    expect((await loadKeras(path)).metadata).toEqual(metadata);
    await saveKeras(model, path, { ...metadata, classes: ['a', 'b'] });
    await expect(loadKeras(path)).rejects.toThrow(/names 2 classes \(a, b\), but its network has 3/);
  });

  test.each(['sequential', 'functional', 'activations', 'nested', 'transfer', 'keras2'])(
    'the model %s that Keras wrote gives Keras’ predictions, and once more after a round trip',
    async (kind) => {
      const fixtures = fileURLToPath(new URL('../../test/fixtures/keras-files/', import.meta.url));
      const { model } = await loadKeras(join(fixtures, `${kind}${ending}`));
      const expected = JSON.parse(readFileSync(join(fixtures, `${kind}.json`), 'utf8')) as number[];
      const again = join(dir, `again${ending}`);
      const loaded = [model];
      if (kind === 'keras2') await expect(saveKeras(model, again)).rejects.toThrow(/activation hard_sigmoid/);
      else {
        await saveKeras(model, again);
        loaded.push((await loadKeras(again)).model);
      }
      for (const found of loaded.map(answer)) {
        expect(found).toHaveLength(expected.length);
        // Convolutions add up in another order.
        for (const [i, p] of found.entries()) expect(p).toBeCloseTo(expected[i]!, 5);
      }
    },
  );
});

test('files that are missing, cut short or of another kind are refused with a sentence', async () => {
  await expect(loadKeras(join(dir, 'none.h5'))).rejects.toThrow(/There is no .*none\.h5/);
  await expect(loadKeras(join(dir, 'model.pb'))).rejects.toThrow(/ends in \.keras or \.h5/);
  const model = await buildNetwork('baseline', [32, 32, 3], 2, 4);
  const path = join(dir, 'model.keras');
  await saveKeras(model, path);
  truncateSync(path, 5000);
  await expect(loadKeras(path)).rejects.toThrow(/not a whole \.keras file/);
  writeFileSync(join(dir, 'text.h5'), 'not HDF5');
  await expect(loadKeras(join(dir, 'text.h5'))).rejects.toThrow(/not a whole \.h5 file/);
});

test('a .keras file that unpacks to far more than it is, or to far larger layers, is refused', async () => {
  const path = join(dir, 'model.keras');
  writeFileSync(path, zipSync({ 'config.json': new Uint8Array(66e6) }, { level: 1 }));
  await expect(loadKeras(path)).rejects.toThrow(/config\.json would unpack to 66 MB, of which at most 64 MB/);
  await saveKeras(await buildNetwork('baseline', [32, 32, 3], 2, 4), path);
  const parts = unzipSync(readFileSync(path));
  const config = strFromU8(parts['config.json']!).replace('"units":128', '"units":2000000000');
  writeFileSync(path, zipSync({ ...parts, 'config.json': strToU8(config) }));
  await expect(loadKeras(path)).rejects.toThrow(/needs a weight kernel of \d+x2000000000/);
});

test.each([
  ['groups', { groups: 3 }, /the layer conv \(Conv2D\) has groups 3, which TensorFlow\.js cannot compute/],
  ['an activation', { activation: 'sparsemax' }, /conv \(Conv2D\) has the activation "sparsemax"/],
  ['its channels first', { data_format: 'channels_first' }, /has data_format "channels_first"/],
  ['an option of a later Keras', { spectral: 2 }, /has spectral 2/],
  ['float64', { dtype: 'float64' }, /computes in float64/],
])('a layer with %s is refused by its name and option', async (_, change, message) => {
  const path = join(dir, 'model.keras');
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [8, 8, 3], filters: 3, kernelSize: 3, name: 'conv' }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 2 }),
    ],
  });
  await saveKeras(model, path);
  const parts = unzipSync(readFileSync(path));
  const config = JSON.parse(strFromU8(parts['config.json']!)) as { config: { layers: LayerConfig[] } };
  const conv = config.config.layers.find((layer) => layer.config.name === 'conv')!;
  Object.assign(conv.config, change);
  writeFileSync(path, zipSync({ ...parts, 'config.json': strToU8(JSON.stringify(config)) }));
  await expect(loadKeras(path)).rejects.toMatchObject({
    code: 'unsupported-layer',
    message: expect.stringMatching(message),
  });
});

test('an activation that Keras 3 computes otherwise is refused', async () => {
  const layers = [
    tfl.layers.flatten({ inputShape: [2, 2, 1] }),
    tfl.layers.dense({ units: 2, activation: 'hardSigmoid', name: 'odd' }),
  ];
  await expect(saveKeras(tfl.sequential({ layers }), join(dir, 'odd.keras'))).rejects.toThrow(
    /The layer odd has TensorFlow\.js' activation hard_sigmoid, which Keras 3 cannot compute/,
  );
});

test('a layer that Keras lacks is named', async () => {
  const model = tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [2, 2, 1] }),
      tfl.layers.thresholdedReLU({ name: 'odd' }),
      tfl.layers.dense({ units: 2 }),
    ],
  });
  await expect(saveKeras(model, join(dir, 'odd.keras'))).rejects.toThrow(/odd is a ThresholdedReLU/);
});
