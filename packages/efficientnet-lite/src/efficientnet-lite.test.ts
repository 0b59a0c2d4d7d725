import { readFile } from 'node:fs/promises';
import { openBackbone, type Size } from '@sightline/backbone';
import { difference, testBackbone } from '@sightline/backbone/conformance';
import { lite0 } from '@sightline/efficientnet-lite-weights';
import { encodeModel, GraphBuilder } from '@sightline/onnx';
import { Session, tensorOf } from '@sightline/ort';
import { describe, expect, it } from 'vitest';
import { loadEfficientNetLite0 } from './efficientnet-lite.ts';

interface Golden {
  readonly height: number;
  readonly width: number;
  readonly features: number[];
  readonly logits: number[];
  readonly top5: number[];
  readonly meanOfBlock0: number[];
  readonly meanOfBlock2: number[];
  readonly meanOfBlock10: number[];
}

/** Python's onnxruntime on a graph of its own (tooling/fixtures/efficientnet_lite.py); TensorFlow agrees to 2.5e-5. */
const { cases } = JSON.parse(
  await readFile(new URL('../test/fixtures/golden.json', import.meta.url), 'utf8'),
) as { cases: Golden[] };

/** Features reach 6 and logits 12: sums of up to 1,280 float32 products in another order differ by some 1e-5. */
const TOLERANCE = 1e-4;

/** The image of the golden file: bytes by a formula of row, column and channel. */
function formulaImage([height, width]: Size): Uint8Array {
  return Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [channel, column, row] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return row * row * 3 + column * 7 + row * column + channel * 85;
  });
}

function softmax(logits: number[]): number[] {
  const largest = Math.max(...logits);
  const exponents = logits.map((logit) => Math.exp(logit - largest));
  const sum = exponents.reduce((a, b) => a + b, 0);
  return exponents.map((exponent) => exponent / sum);
}

testBackbone('efficientnet-lite0', {
  load: loadEfficientNetLite0,
  batchSizes: [2, 5],
  golden: cases.map(({ height, width, features, logits }) => ({
    imageSize: [height, width],
    images: formulaImage([height, width]),
    features,
    probabilities: softmax(logits),
    tolerance: TOLERANCE,
  })),
  // 50 layers with steps of a 255th of their range: 0.11 to 0.15 on photographs, more on these waves.
  int8Error: 0.3,
});

describe.each(cases)('an image of $height x $width', ({ height, width, ...golden }) => {
  const image = formulaImage([height, width]);

  it('has the golden logits and five best classes', async () => {
    const backbone = await loadEfficientNetLite0();
    const g = new GraphBuilder('logits');
    const { logits } = backbone.append(g, g.input('image', 'uint8', ['N', height, width, 3]), {
      logits: true,
    });
    g.output('logits', logits!);
    const session = new Session(encodeModel(g.build()), { provider: 'cpu' });
    const outputs = session.run({ image: tensorOf(image, 'uint8', [1, height, width, 3]) });
    session.dispose();
    const found = outputs.logits!.data as Float32Array;
    expect(difference(found, golden.logits)).toBeLessThan(TOLERANCE);
    const order = [...found.keys()].sort((a, b) => found[b]! - found[a]!);
    expect(order.slice(0, 5)).toEqual(golden.top5);
  });

  it.each([
    ['blocks.0', golden.meanOfBlock0],
    ['blocks.2', golden.meanOfBlock2],
    ['blocks.10', golden.meanOfBlock10],
  ])('has the golden means after %s', async (upTo, means) => {
    const imageSize = [height, width] as const;
    const opened = await openBackbone(await loadEfficientNetLite0(), { imageSize, upTo, providers: ['cpu'] });
    const features = await opened.features(image, 1);
    opened.release();
    const [rows, columns, channels] = opened.featureShape as [number, number, number];
    const found = means.map((_, channel) => {
      let sum = 0;
      for (let i = channel; i < features.length; i += channels) sum += features[i]!;
      return sum / (rows * columns);
    });
    expect(difference(found, means)).toBeLessThan(TOLERANCE);
  });
});

describe('the layer table', () => {
  it('has the published sizes and parameters', async () => {
    const rows = (await loadEfficientNetLite0()).layers([224, 224]);
    const parameters = rows.map((row) => row.parameters);
    expect(parameters.reduce((a, b) => a + b, 0)).toBe(lite0.parameters.total);
    expect(parameters.slice(0, -1).reduce((a, b) => a + b, 0)).toBe(lite0.parameters.features);
    expect(Object.fromEntries(rows.map(({ name, outputShape }) => [name, outputShape]))).toMatchObject({
      input: [null, 224, 224, 3],
      stem: [null, 112, 112, 32],
      'blocks.4.project': [null, 28, 28, 40],
      head: [null, 7, 7, 1280],
      mean: [null, 1280],
      classifier: [null, 1000],
    });
  });
});

it('knows the ranges of the activations that do not end in ReLU6', async () => {
  const backbone = await loadEfficientNetLite0();
  const observed: string[] = [];
  const g = new GraphBuilder('ranges');
  const observe = (name: string) => observed.push(name);
  backbone.append(g, g.input('image', 'uint8', ['N', 64, 64, 3]), { observe });
  expect(observed.toSorted()).toEqual(Object.keys(backbone.ranges!).toSorted());
});
