import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { decodeModel, encodeModel, GraphBuilder, op, withFeatures } from '@sightline/onnx';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  classes,
  difference,
  expected,
  fixture,
  inOrder,
  toleranceOf,
  withProfile,
} from '../test/fixtures.ts';
import { PRECISIONS } from '../test/precisions.ts';
import { load } from './node.ts';

const model = await load(fixture('stretch.onnx'));
afterAll(() => model.release());

describe('predictions', () => {
  it.each(expected)('of $photo by $model are those of Pillow and NumPy', async (each) => {
    const loaded = await load(fileURLToPath(fixture(each.model)));
    const { className, probability, probabilities } = await loaded.predict(fixture(each.photo));
    expect(difference(inOrder(probabilities), each.probabilities)).toBeLessThan(toleranceOf(each.photo));
    const best = Math.max(...each.probabilities);
    expect(className).toBe(classes[each.probabilities.indexOf(best)]);
    expect(probability).toBe(probabilities[0]!.probability);
    await loaded.release();
  });

  it.each(['fp16', 'int8'] as const)('in %s are those in float32, nearly', async (precision) => {
    const [full, less] = await Promise.all([load(PRECISIONS.fp32), load(PRECISIONS[precision])]);
    const [wanted, found] = await Promise.all([full, less].map((each) => each.predict(fixture('wide.png'))));
    // Not extreme, or nothing could differ.
    expect(wanted!.probability).toBeLessThan(0.95);
    const distance = difference(inOrder(found!.probabilities), inOrder(wanted!.probabilities));
    // Weights to 2^-11 of themselves; four layers in steps of 1/255.
    expect(distance).toBeLessThan(precision === 'fp16' ? 2e-3 : 0.03);
    expect(distance).toBeGreaterThan(0);
    await Promise.all([full.release(), less.release()]);
  });

  it('are the same from a path, a URL, bytes, a Blob and pixels', async () => {
    const url = fixture('wide.png');
    const bytes = await readFile(url);
    const pixels = await sharp(bytes).ensureAlpha().raw().toBuffer();
    const photos = [
      fileURLToPath(url),
      url,
      bytes,
      Uint8Array.from(bytes).buffer,
      new File([bytes], 'wide.png'),
      `data:image/png;base64,${bytes.toString('base64')}`,
      { data: new Uint8ClampedArray(pixels), width: 131, height: 70 },
    ];
    const predictions = await model.predictAll(photos, { batchSize: 3 });
    expect(predictions).toHaveLength(photos.length);
    for (const prediction of predictions) expect(prediction).toEqual(predictions[0]);
  });

  it('come with the features that they are computed from, where the model gives them', async () => {
    const plain = decodeModel(await readFile(fixture('stretch.onnx')));
    const dense = plain.graph.nodes.find(({ opType }) => opType === 'Gemm' || opType === 'MatMul')!;
    const weights = plain.graph.initializers.find(({ name }) => name === dense.inputs[1])!;
    const bias = plain.graph.initializers.find(({ name }) => name === dense.inputs[2])?.data as Float32Array;
    const loaded = await load(encodeModel(withFeatures(plain)!));
    const { features, ...prediction } = await loaded.predict(fixture('wide.png'));
    await loaded.release();
    expect(prediction).toEqual(await model.predict(fixture('wide.png')));
    const logits = classes.map((_, k) =>
      features!.reduce(
        (sum, value, i) => sum + value * (weights.data as Float32Array)[i * classes.length + k]!,
        bias?.[k] ?? 0,
      ),
    );
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const softmax = logits.map((logit) => Math.exp(logit) / total);
    // Sums of 144 float32 products in another order.
    expect(difference(softmax, inOrder(prediction.probabilities))).toBeLessThan(1e-5);
  });

  it('ignore color profiles', async () => {
    const photo = fixture('wide.png');
    const profiled = await withProfile(await readFile(photo));
    expect((await sharp(profiled).metadata()).hasProfile).toBe(true);
    expect(await model.predict(profiled)).toEqual(await model.predict(photo));
  });

  it('come in the order of the photos, at the same time as others', async () => {
    const names = expected.filter((each) => each.model === 'stretch.onnx').map((each) => each.photo);
    const photos = names.map(fixture);
    const [all, ...alone] = await Promise.all([
      model.predictAll(photos),
      ...photos.map((photo) => model.predict(photo)),
    ]);
    expect(all).toEqual(alone);
    expect(await model.predictAll([])).toEqual([]);
  });

  it('list the most probable classes, and name none below the threshold', async () => {
    const photo = fixture('tall.jpg');
    const all = await model.predict(photo);
    const [first, second, third] = all.probabilities;
    expect(first!.probability).toBeGreaterThan(second!.probability);
    expect(second!.probability).toBeGreaterThan(third!.probability);
    expect((await model.predict(photo, { topK: 2 })).probabilities).toEqual([first, second]);
    const unsure = await model.predict(photo, { threshold: all.probability + 0.001 });
    expect(unsure).toEqual({ ...all, className: null });
    expect(await model.predict(photo, { threshold: all.probability })).toEqual(all);
  });
});

describe('a model', () => {
  it('says what its metadata hold', () => {
    expect(model).toMatchObject({ classes, imageSize: [24, 32], interpolation: 'bilinear', fit: 'stretch' });
  });

  it('takes session options and another runtime', async () => {
    const runtime = await import('onnxruntime-node');
    const options = { runtime, sessionOptions: { executionProviders: ['cpu'], intraOpNumThreads: 1 } };
    const other = await load(await readFile(fixture('stretch.onnx')), options);
    const photo = fixture('wide.png');
    expect((await other.predict(photo)).className).toBe((await model.predict(photo)).className);
    await other.release();
  });
});

const WHOLE = { classes: '["a","b"]', imageSize: '[1,1]' };

/** A model of one linear node with the given metadata. */
function bytesWith(metadata: Record<string, string>, output = 'probabilities'): Uint8Array {
  const g = new GraphBuilder('linear');
  const image = op.cast(g, g.input('image', 'uint8', ['N', 1, 1, 3]), 'float32');
  const weight = g.constant(
    Float32Array.from({ length: 6 }, (_, i) => i / 255),
    [3, 2],
  );
  g.output(output, op.softmax(g, op.matMul(g, op.reshape(g, image, ['N', 3]), weight)));
  return encodeModel(g.build({ metadata }));
}

/** A model whose input is of another type than that of exports. */
function ofFloats(): Uint8Array {
  const g = new GraphBuilder('floats');
  g.output(
    'probabilities',
    op.softmax(g, op.reshape(g, g.input('image', 'float32', ['N', 1, 1, 3]), ['N', 3])),
  );
  return encodeModel(g.build({ metadata: WHOLE }));
}

/** A model that ONNX Runtime would run, by an operator of its own. */
function ofAnotherDomain(): Uint8Array {
  const g = new GraphBuilder('fused');
  const image = op.reshape(g, op.cast(g, g.input('image', 'uint8', ['N', 1, 1, 3]), 'float32'), ['N', 3]);
  g.output('probabilities', op.fusedMatMul(g, image, g.constant(new Float32Array(6), [3, 2])));
  return encodeModel(g.build({ metadata: WHOLE }));
}

describe('refuses', () => {
  it.each([
    ['a missing file', 'nowhere.onnx', 'missing', /nowhere.onnx cannot be read: there is no such file/],
    [
      'bytes of something else',
      new TextEncoder().encode('<!doctype html>'),
      'decode',
      /not a whole ONNX model/,
    ],
    ['a model without metadata', bytesWith({}), 'saved-model', /classes is missing/],
    [
      'a size of three',
      bytesWith({ ...WHOLE, imageSize: '[1,1,3]' }),
      'saved-model',
      /imageSize is \[1,1,3\]/,
    ],
    ['an unknown fit', bytesWith({ ...WHOLE, fit: 'squeeze' }), 'saved-model', /fit is squeeze/],
    ['broken JSON', bytesWith({ ...WHOLE, classes: '["a"' }), 'saved-model', /classes is \["a"/],
    [
      'a model of features',
      bytesWith({ ...WHOLE, input: 'vgg16-features' }),
      'saved-model',
      /takes vgg16-features/,
    ],
    [
      'other outputs',
      bytesWith(WHOLE, 'scores'),
      'saved-model',
      /takes "image" \(uint8\) and gives "scores" \(float32\)/,
    ],
    ['float pixels', ofFloats(), 'saved-model', /takes "image" \(float32\)/],
    [
      'an operator of others',
      ofAnotherDomain(),
      'unsupported',
      /has the operator "com.microsoft.FusedMatMul"/,
    ],
  ])('%s', async (_, source, code, message) => {
    await expect(load(source)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('a model with fewer probabilities than names', async () => {
    const three = await load(bytesWith({ ...WHOLE, classes: '["a","b","c"]' }));
    await expect(three.predict(fixture('wide.png'))).rejects.toThrow(
      /names 3 classes, but gives 2 probabilities/,
    );
    await three.release();
  });

  it('a file that is not an image, and a damaged one', async () => {
    const cut = (await readFile(fixture('wide.png'))).subarray(0, 900);
    await expect(model.predict(fixture('expected.json'))).rejects.toMatchObject({ code: 'unreadable-image' });
    await expect(model.predict(cut)).rejects.toThrow(/the bytes given cannot be decoded/);
    await expect(model.predict('nowhere.png')).rejects.toMatchObject({ code: 'missing' });
  });

  it.skipIf(process.platform === 'win32')('a device, which would never end', async () => {
    await expect(model.predict('/dev/zero')).rejects.toThrow(
      /zero cannot be read: it is a device or a socket/,
    );
    await expect(load('/dev/zero')).rejects.toThrow(/zero cannot be read: it is a device or a socket/);
  });

  it.each([
    [{ topK: 0 }, /topK must be a whole number of 1 or more, not 0/],
    [{ batchSize: 1.5 }, /batchSize must be a whole number of 1 or more, not 1.5/],
    [{ threshold: 50 }, /threshold must be a number from 0 to 1, not 50/],
  ])('%j', async (options, message) => {
    await expect(model.predictAll([], options)).rejects.toThrow(message);
  });
});

describe('over HTTP', () => {
  let server: Server;
  let address: string;
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const bytes = await readFile(fixture(request.url!.slice(1))).catch(() => undefined);
      response.writeHead(bytes ? 200 : 404).end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('loads models and photos', async () => {
    const remote = await load(new URL(`${address}/stretch.onnx`));
    expect(await remote.predict(`${address}/wide.png`)).toEqual(await model.predict(fixture('wide.png')));
    await remote.release();
  });

  it('says what the server answered, or that there is none', async () => {
    await expect(load(`${address}/none.onnx`)).rejects.toMatchObject({
      code: 'missing',
      message: `${address}/none.onnx could not be downloaded: the server answered 404.`,
    });
    // Port 9 is discard's: browsers and Node refuse it, or nothing listens there.
    await expect(load('http://127.0.0.1:9/model.onnx')).rejects.toMatchObject({ code: 'download' });
  });
});
