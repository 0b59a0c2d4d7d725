// The files of tooling/fixtures/vgg16/make_sources.py: two convolutions and three dense layers in each way of saving them.
// A number says where it lies: the i-th of layer l's kernel, in Keras' order, is 1000 l + i, and of its bias -(1000 l + i).

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SightlineError } from '@sightline/core';
import { decodeModel, encodeModel, type Graph, type Node } from '@sightline/onnx';
import * as h5 from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { denseLayersOf, isConvolution, layersOf } from '../architecture.ts';
import { loadWeights } from '../weights.ts';
import { readKerasWeights } from './keras.ts';
import { readKerasAside } from './keras-thread.ts';
import { readOnnxWeights } from './onnx.ts';
import { readOnnxFile } from './onnx-file.ts';
import type { ReadWeights, Wanted } from './source.ts';

const convolutionsOf = (table: (number | 'M')[]) => layersOf(table).filter(isConvolution);

const whole: Wanted = {
  convolutions: convolutionsOf([2, 'M', 4, 'M']),
  dense: denseLayersOf(16, [5, 5, 3]),
};
const featuresOnly: Wanted = { ...whole, dense: [] };
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vgg16-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The sentence that is thrown, its file named F. */
async function failure(read: ReadWeights, file: string, wanted: Wanted): Promise<string> {
  const error = await read(file, wanted).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SightlineError);
  expect(error).toMatchObject({ code: 'weights' });
  return (error as Error).message.replaceAll(file, 'F');
}

/** Where (filter, channel, row, column) lies in Keras' order, with the channels of an image from B to R. */
function inKeras(filters: number, channels: number, isImage: boolean): number[] {
  const places: number[] = [];
  for (let f = 0; f < filters; f++) {
    for (let c = 0; c < channels; c++) {
      const channel = isImage ? channels - 1 - c : c;
      for (let place = 0; place < 9; place++) places.push((place * channels + channel) * filters + f);
    }
  }
  return places;
}

describe.each([
  ['keras-applications.h5', readKerasWeights],
  ['keras-model.h5', readKerasWeights],
  ['keras.weights.h5', readKerasWeights],
  ['model-zoo.onnx', readOnnxWeights],
] as [string, ReadWeights][])('%s', (name, read) => {
  const isKeras = read === readKerasWeights;

  it('gives convolutions as OIHW over RGB', async () => {
    const { tensors, preprocessing, origin } = await read(path(name), featuresOnly);
    expect([...tensors.keys()]).toEqual(
      ['block1_conv1', 'block2_conv1'].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]),
    );
    const first = tensors.get('block1_conv1.weight')!;
    expect(first.shape).toEqual([2, 3, 3, 3]);
    // Only Keras' weights expect BGR.
    expect([...first.data]).toEqual(inKeras(2, 3, isKeras));
    const second = tensors.get('block2_conv1.weight')!;
    expect(second.shape).toEqual([4, 2, 3, 3]);
    expect([...second.data]).toEqual(inKeras(4, 2, false).map((i) => 1000 + i));
    expect([...tensors.get('block2_conv1.bias')!.data]).toEqual([-1000, -1001, -1002, -1003]);
    expect(preprocessing).toMatchObject(
      isKeras ? { scale: 1, mean: [123.68, 116.779, 103.939] } : { scale: 255, mean: [0.485, 0.456, 0.406] },
    );
    expect(origin).toContain(name);
  });

  it('gives the dense layers as they lie, and says how', async () => {
    const { tensors, dense } = await read(path(name), whole);
    expect(dense).toEqual(isKeras ? { flatten: 'NHWC', kernel: 'IO' } : { flatten: 'NCHW', kernel: 'OI' });
    const [inputs, units] = [16, 5];
    const fc1 = tensors.get('fc1.weight')!;
    expect(fc1.shape).toEqual(isKeras ? [inputs, units] : [units, inputs]);
    const inOrder = Array.from({ length: inputs * units }, (_, i) =>
      isKeras ? i : (i % inputs) * units + Math.floor(i / inputs),
    );
    expect([...fc1.data]).toEqual(inOrder.map((i) => 2000 + i));
    expect([...tensors.get('predictions.bias')!.data]).toEqual([-4000, -4001, -4002]);
  });

  it('names the first array of another shape, and a layer that is not there', async () => {
    const wider = { convolutions: convolutionsOf([2, 'M', 8]), dense: [] };
    expect(await failure(read, path(name), wider)).toBe(
      `F must hold the kernel of block2_conv1 as ${isKeras ? 'float32 [3, 3, 2, 8]' : 'float32 or float16 [8, 2, 3, 3]'}, but it is float32 ${isKeras ? '[3, 3, 2, 4]' : '[4, 2, 3, 3]'}.`,
    );
    const longer = { convolutions: convolutionsOf([2, 'M', 4, 6]), dense: [] };
    expect(await failure(read, path(name), longer)).toBe(
      isKeras
        ? 'F must hold the kernel of block2_conv2 as float32 [3, 3, 4, 6], but it is not there.'
        : 'F must have 3 convolutions (Conv) as VGG16 has, but it has 2.',
    );
  });

  it('says so when it is cut off, another file, or none', async () => {
    const file = join(folder, name);
    const bytes = await readFile(path(name));
    await writeFile(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
    expect(await failure(read, file, whole)).toMatch(
      isKeras
        ? /^F is not a whole HDF5 file: truncated file: .*\. Fetch it again\.$/
        : /^F is not a whole ONNX file: what begins at byte \d+ ends at \d+, after the end \d+\. Fetch it again\.$/,
    );
    await writeFile(file, '<!doctype html>');
    expect(await failure(read, file, whole)).toBe(
      isKeras
        ? 'F is not an HDF5 file: it begins with other bytes. Fetch it again.'
        : 'F is not a whole ONNX file: at byte 0 there is no field. Fetch it again.',
    );
    await writeFile(file, '');
    expect(await failure(read, file, whole)).toBe(
      isKeras
        ? 'F is not an HDF5 file: it has 0 bytes. Fetch it again.'
        : 'F is not a whole ONNX file: its 0 bytes hold no graph. Fetch it again.',
    );
    expect(await failure(read, join(folder, 'none'), whole)).toBe(
      "VGG16's weights cannot be read from F: there is no such file.",
    );
  });
});

describe('an HDF5 file, on a thread of its own,', () => {
  it('gives what it gives on this one', async () => {
    const file = path('keras-applications.h5');
    expect(await readKerasAside(file, whole)).toEqual(await readKerasWeights(file, whole));
    expect(await failure(readKerasAside, path('model-zoo.onnx'), whole)).toMatch(/^F is not an HDF5 file/);
  });

  it('is given up where it takes too long', async () => {
    const read = readKerasAside(path('keras-applications.h5'), whole, 0);
    await expect(read).rejects.toMatchObject({
      code: 'weights',
      message: expect.stringMatching(
        /no file of weights: it could not be read within .*: the file is damaged/,
      ),
    });
  });

  it('has nothing of the files that it links to', async () => {
    await h5.ready;
    const [file, target] = [join(folder, 'linked.h5'), path('keras-applications.h5')];
    const [linked, own] = [new h5.File(file, 'w'), new h5.File(target, 'r')];
    for (const layer of ['block1_conv1', 'block2_conv1']) {
      const names = (own.get(layer) as h5.Group).attrs.weight_names!.value as string[];
      const group = linked.create_group(layer);
      group.create_attribute('weight_names', names);
      for (const name of names) group.create_external_link(target, `/${layer}/${name}`, name);
    }
    own.close();
    linked.close();
    // A library on the real file system follows them.
    const before = new h5.File(file, 'r');
    const group = before.get('block1_conv1') as h5.Group;
    expect(group.get(group.keys()[0]!)).toBeInstanceOf(h5.Dataset);
    before.close();
    expect(await failure(readKerasAside, file, featuresOnly)).toBe(
      'F must hold the kernel of block1_conv1 as float32 [3, 3, 3, 2], but it is not there.',
    );
  });

  it.each(['.h5', '.onnx', '.safetensors'])('is a regular file, as one that ends in %s', async (end) => {
    const name = join(folder, `a folder${end}`);
    await mkdir(name);
    await expect(loadWeights(name, 'none')).rejects.toMatchObject({
      message: expect.stringMatching(/expected a file, but it is a folder/),
    });
  });
});

describe('an ONNX file', () => {
  it('is read without its larger tensors where those are not wanted', async () => {
    const all = await readFile(path('model-zoo.onnx'));
    const file = path('model-zoo.onnx');
    expect(decodeModel(await readOnnxFile(file))).toEqual(decodeModel(all));
    // The kernel of fc1 has 320 bytes, that of block2_conv1 288.
    const { graph, ...about } = decodeModel(await readOnnxFile(file, 320));
    const expected = decodeModel(all);
    const initializers = expected.graph.initializers.filter((each) => each.name !== 'vgg0_dense0_weight');
    expect({ graph, ...about }).toEqual({ ...expected, graph: { ...expected.graph, initializers } });
  });

  const changed = async (name: string, change: (graph: Graph) => Partial<Graph>) => {
    const model = decodeModel(await readFile(path('model-zoo.onnx')));
    const file = join(folder, name);
    await writeFile(file, encodeModel({ ...model, graph: { ...model.graph, ...change(model.graph) } }));
    return file;
  };

  it('may list its tensors among the inputs, and name nothing as others do', async () => {
    const renamed = (name: string) => (name.startsWith('vgg0') ? `x${name.length}${name.slice(4)}` : name);
    const file = await changed('renamed.onnx', ({ nodes, initializers, inputs }) => {
      const others = initializers.map((each) => ({ ...each, name: renamed(each.name) }));
      const rename = (node: Node) => ({ ...node, inputs: node.inputs.map(renamed) });
      return {
        nodes: nodes.map(rename),
        initializers: others,
        inputs: [...others.map(({ name, dtype, shape }) => ({ name, dtype, shape })), ...inputs],
      };
    });
    const { tensors } = await readOnnxWeights(file, whole);
    expect(tensors).toEqual((await readOnnxWeights(path('model-zoo.onnx'), whole)).tensors);
  });

  it('must take images as the Model Zoo’s does: one that Keras’ VGG16 was turned into has another preprocessing', async () => {
    const file = await changed('nhwc.onnx', ({ inputs }) => ({
      inputs: [{ ...inputs[0]!, shape: ['N', 8, 8, 3] }],
    }));
    expect(await failure(readOnnxWeights, file, featuresOnly)).toBe(
      'F must take images [N, 3, H, W], but it takes [N, 8, 8, 3].',
    );
  });
});
