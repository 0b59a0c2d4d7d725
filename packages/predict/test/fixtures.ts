// A classifier by Python's onnx, and what Pillow and NumPy compute with it: tooling/fixtures/predict.py.

import { readFile } from 'node:fs/promises';

interface Expected {
  readonly model: string;
  readonly photo: string;
  readonly probabilities: number[];
}

export const fixture = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);

export const { classes, expected } = JSON.parse(await readFile(fixture('expected.json'), 'utf8')) as {
  classes: string[];
  expected: Expected[];
};

/**
 * JPEG decoders may round a value by one, and the linear layer has 144 inputs with weights of 0.4: 0.4 * 12 / 255 = 0.02
 * at worst, some 1e-4 where the rounding goes both ways. PNG and resizing are exact, up to float32.
 */
export const toleranceOf = (photo: string): number => (photo.endsWith('.jpg') ? 1e-3 : 1e-5);

/** Probabilities in the order of the classes. */
export const inOrder = (
  probabilities: readonly { readonly className: string; readonly probability: number }[],
): number[] =>
  classes.map((name) => probabilities.find(({ className }) => className === name)?.probability ?? Number.NaN);

/** The largest difference between two lists. */
export const difference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
