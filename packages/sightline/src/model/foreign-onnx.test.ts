// ONNX files of the onnx package and of exporters, against Python's onnxruntime on pixels of Pillow (tooling/fixtures/foreign_onnx.py).

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { InputRange } from '@sightline/image';
import { openUntrusted, type UntrustedSession } from '@sightline/ort';
import { afterAll, expect, test } from 'vitest';
import { openForeignOnnx } from './foreign-onnx.ts';
import type { ModelHints } from './hints.ts';
import { decodeItems } from './read-images.ts';

const place = (name: string) =>
  fileURLToPath(new URL(`../../test/fixtures/foreign/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(place('expected.json'), 'utf8')) as {
  images: string[];
  models: Record<string, { inputRange: InputRange; probabilities: number[][] }>;
};

/** Each is opened once: a process each. */
const sessions = new Map<string, Promise<UntrustedSession>>();
afterAll(async () => {
  for (const session of sessions.values()) (await session).dispose();
});

async function open(name: string, hints: ModelHints) {
  const opened = sessions.get(name) ?? openUntrusted(place(`${name}.onnx`));
  sessions.set(name, opened);
  return openForeignOnnx(await opened, hints);
}

const names = (count: number) => Array.from({ length: Math.max(count, 2) }, (_, i) => `class ${i}`);

test.each(Object.entries(expected.models))(
  '%s gives the probabilities of Python',
  async (name, { inputRange, probabilities }) => {
    const classes = names(probabilities[0]?.length ?? 0);
    const model = await open(name, { classes, ...(name === 'bytes' ? {} : { inputRange }) });
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
  },
);

test('what is assumed is said', async () => {
  const torch = await open('torch', { classes: names(3) });
  expect(torch.assumptions.join(' ')).toMatch(
    /24x32 \(NCHW\)\. Assumed: .*24x32, bilinear\. Assumed: pixel values from 0 to 1\. .* no softmax/,
  );
  const keras = await open('keras', { classes: names(4), inputRange: '0-255' });
  expect(keras.assumptions).toHaveLength(2);
});

test('what the graph leaves open is asked for, and what does not fit is refused', async () => {
  await expect(open('torch', {})).rejects.toThrow(
    /does not name its 3 classes: .* --classes name0,name1,name2, or --classes FILE/,
  );
  await expect(open('torch', { classes: ['a', 'b'] })).rejects.toThrow(
    /has 3 classes, but --classes names 2/,
  );
  await expect(open('bytes', { classes: names(2), inputRange: '0-1' })).rejects.toThrow(
    /takes bytes: leave out --input-range/,
  );
  await expect(open('torch', { classes: names(3), imageSize: [64, 64] })).rejects.toThrow(
    /24x32 only: leave out --image-size/,
  );
  const session = await openUntrusted(place('torch.onnx'));
  const [input] = session.model.inputs;
  const openShape = (shape: (number | string)[]) => {
    const model = { ...session.model, inputs: [{ ...input!, shape }] };
    return openForeignOnnx(Object.assign(Object.create(session), { path: 'x.onnx', model }), {});
  };
  expect(() => openShape(['batch', 3, 'h', 'w'])).toThrow(/any size: .* --image-size 224/);
  expect(() => openShape(['batch', 1, 28, 28])).toThrow(/expected one input of RGB images/);
  session.dispose();
});
