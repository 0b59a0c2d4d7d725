// Runs a backbone's graph on images.

import type { AppendOptions, Backbone, Size } from '@sightline/backbone';
import { encodeModel, GraphBuilder } from '@sightline/onnx';
import { Session, tensorOf } from '@sightline/ort';

export interface Result {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** All outputs of the network for `count` images (count, height, width, 3). */
export function run(
  backbone: Backbone,
  images: Uint8Array,
  [height, width]: Size,
  { observed = [], ...options }: AppendOptions & { readonly observed?: string[] } = {},
): Record<string, Result> {
  const g = new GraphBuilder(backbone.name);
  const pixels = g.input('image', 'uint8', ['N', height, width, 3]);
  const observe: AppendOptions['observe'] = (name) => observed.push(name);
  for (const [name, value] of Object.entries(backbone.append(g, pixels, { ...options, observe }))) {
    g.output(name, value);
  }
  const session = new Session(encodeModel(g.build()), { provider: 'cpu' });
  const count = images.length / (height * width * 3);
  const outputs = session.run({ image: tensorOf(images, 'uint8', [count, height, width, 3]) });
  session.dispose();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { dims, data }]) => [
      name,
      { shape: dims, data: data as Float32Array },
    ]),
  );
}

/** The image of the golden file: bytes by a formula of row, column and channel. */
export function formulaImage([height, width]: Size): Uint8Array {
  return Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [channel, column, row] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return row * row * 3 + column * 7 + row * column + channel * 85;
  });
}
