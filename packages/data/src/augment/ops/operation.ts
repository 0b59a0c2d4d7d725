// What an augmentation is: its options, what is sampled for one image, what that does to the image, and how a person
// says it. Each stands in a file of its own in ops/ and in the list of operations.ts.

import type { Affine } from '@sightline/image';
import { z } from 'zod';
import type { Random } from '../../random/random.ts';

/** Pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

export interface Operation<
  Name extends string = string,
  Options = unknown,
  Input = unknown,
  Parameters = unknown,
> {
  /** The name of the option. */
  readonly name: Name;
  /** The option's values, with a description for the documentation and a message for each value that is refused. */
  readonly schema: z.ZodType<Options, Input>;
  /** What is done to one image: plain values, which are stored beside a picture and read back. */
  readonly parameters: z.ZodType<Parameters>;
  /** `image` where the random stream of an image is the same in each epoch. Default: each epoch has its own. */
  readonly stream?: 'image';
  /** Samples what to do to one image; null for nothing. */
  sample(options: Options, size: ImageSize, random: Random, epoch: number): Parameters | null;
  /** For geometry: a map about the image's center. The maps of all operations make one warp. */
  map?(parameters: Parameters, size: ImageSize): Affine;
  /** For pixel values: changes an image in place, RGB floats from 0 to 255, after the warp. */
  apply?(image: Float32Array, parameters: Parameters, size: ImageSize, fillValue: number): void;
  /** In words, as it is seen in the picture: "rotated left 12.4°". */
  describe(parameters: Parameters): string;
}

/** Infers the types of an operation from its schemas. */
export const operation = <const Name extends string, Options, Input, Parameters>(
  parts: Operation<Name, Options, Input, Parameters>,
): Operation<Name, Options, Input, Parameters> => parts;

// Schemas of options. A message says what the value must be: "augmentation.rotation must be <message>, not -3."

/** A number from `least` to `most`. */
export function amount(least: number, most = Number.POSITIVE_INFINITY) {
  const lower = least === 0 ? 'of 0 or more' : 'above 0';
  const message = `a number ${most === Number.POSITIVE_INFINITY ? lower : `from ${least} to ${most}`}`;
  return z.number(message).min(least, message).max(most, message);
}

/** A whole number from `least` to `most`. */
export function count(least: number, most: number) {
  const message = `a whole number from ${least} to ${most}`;
  return z.int(message).min(least, message).max(most, message);
}

/** Two numbers of `least` or more, low to high. */
export function range(least: number, message = 'a range of two numbers, low to high') {
  const bound = z.number(message).min(least, message);
  return z
    .tuple([bound, bound], message)
    .readonly()
    .refine(([low, high]) => low <= high, message);
}

export const flag = () => z.boolean('true or false');

export function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, `one of ${values.join(', ')}`);
}

/** Several options in one object. */
export const group = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, `an object { ${Object.keys(shape).join(', ')} }`);

// Numbers in descriptions.

export const fixed = (value: number) => value.toFixed(1);
export const short = (value: number) => String(Number(value.toPrecision(3))).replace('-', '−');
export const signed = (value: number, digits = 1) =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
/** `autoContrast` and `auto_contrast` as words. */
export const spaced = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/_/g, ' ')
    .toLowerCase();
