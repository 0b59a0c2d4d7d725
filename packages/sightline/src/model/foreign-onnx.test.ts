// ONNX files that the onnx package wrote, against Python's onnxruntime on pixels of Pillow (tooling/fixtures/foreign_onnx.py).

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { InputRange } from '@sightline/image';
import { decodeModel } from '@sightline/onnx';
import { expect, test } from 'vitest';
import { openForeignOnnx } from './foreign-onnx.ts';
import type { ModelHints } from './hints.ts';
import { decodeItems } from './read-images.ts';

const place = (name: string) =>
  fileURLToPath(new URL(`../../test/fixtures/foreign/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(place('expected.json'), 'utf8')) as {
  images: string[];
  models: Record<string, { inputRange: InputRange; probabilities: number[][] }>;
};

function open(name: string, hints: ModelHints) {
  const bytes = readFileSync(place(`${name}.onnx`));
  return openForeignOnnx(`${name}.onnx`, bytes, decodeModel(bytes), hints);
}

const names = (count: number) => Array.from({ length: Math.max(count, 2) }, (_, i) => `class ${i}`);

test.each(Object.entries(expected.models))(
  '%s gives the probabilities of Python',
  async (name, { inputRange, probabilities }) => {
    const classes = names(probabilities[0]?.length ?? 0);
    const model = open(name, { classes, ...(name === 'bytes' ? {} : { inputRange }) });
    const items = expected.images.map((image) => ({ path: place(image) }));
    const { images } = await decodeItems(
      items,
      { size: model.metadata.imageSize, interpolation: 'bilinear' },
      classes,
    );
    const found = await model.probabilities(images.data, items.length, new AbortController().signal);
    const rows = probabilities.map((_, i) => [
      ...found.subarray(i * classes.length, (i + 1) * classes.length),
    ]);
    // Pixel values of 0 to 255 make logits of some hundred, whose float32 sums differ in the fifth digit.
    rows.forEach((row, i) => {
      row.forEach((value, k) => {
        expect(value).toBeCloseTo(probabilities[i]?.[k] ?? Number.NaN, 3);
      });
    });
    model.release();
  },
);

test('what is assumed is said', () => {
  const torch = open('torch', { classes: names(3) });
  expect(torch.assumptions.join(' ')).toMatch(
    /24x32 \(NCHW\)\. Assumed: .*24x32, bilinear\. Assumed: pixel values from 0 to 1\. .* no softmax/,
  );
  torch.release();
  const keras = open('keras', { classes: names(4), inputRange: '0-255' });
  expect(keras.assumptions).toHaveLength(2);
  keras.release();
});

test('what the graph leaves open is asked for, and what does not fit is refused', () => {
  expect(() => open('torch', {})).toThrow(
    /does not name its 3 classes: .* --classes name0,name1,name2, or --classes FILE/,
  );
  expect(() => open('torch', { classes: ['a', 'b'] })).toThrow(/has 3 classes, but --classes names 2/);
  expect(() => open('bytes', { classes: names(2), inputRange: '0-1' })).toThrow(
    /takes bytes: leave out --input-range/,
  );
  expect(() => open('torch', { classes: names(3), imageSize: [64, 64] })).toThrow(
    /24x32 only: leave out --image-size/,
  );
  const bytes = readFileSync(place('torch.onnx'));
  const model = decodeModel(bytes);
  const { graph } = model;
  const [input] = graph.inputs;
  const open4 = (shape: (number | string)[]) =>
    openForeignOnnx('x.onnx', bytes, { ...model, graph: { ...graph, inputs: [{ ...input!, shape }] } }, {});
  expect(() => open4(['batch', 3, 'h', 'w'])).toThrow(/any size: .* --image-size 224/);
  expect(() => open4(['batch', 1, 28, 28])).toThrow(/expected one input of RGB images/);
});
