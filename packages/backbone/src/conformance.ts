/** The conformance suite of backbones, for vitest: what every one of them must do, whatever its network. */

import { decodeModel, encodeModel, GraphBuilder } from '@sightline/onnx';
import { Session, tensorOf } from '@sightline/ort';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone, Size } from './backbone.ts';
import { calibrate } from './calibrate.ts';
import { type OpenBackbone, openBackbone } from './open.ts';

/** Outputs for some images, from an implementation that shares no code with the backbone. */
export interface Golden {
  readonly imageSize: Size;
  /** (count, height, width, 3). */
  readonly images: Uint8Array;
  readonly features: ArrayLike<number>;
  /** Probabilities of the network's own classes. */
  readonly probabilities?: ArrayLike<number>;
  /** The largest difference that rounding explains. */
  readonly tolerance: number;
}

export interface Conformance {
  readonly load: () => Promise<Backbone>;
  readonly golden: readonly Golden[];
  /** The root mean square error of int8's features, over that of float32's, must be below this. */
  readonly int8Error: number;
  /** Batch sizes to check: those at which the backbone chooses another algorithm. Default: 2. */
  readonly batchSizes?: readonly number[];
  /** Differences of float32 features between algorithms and batches, over the largest feature. Default: 1e-5. */
  readonly tolerance?: number;
}

/** Images with structure at several scales, the same on every machine. */
export function patternImages(count: number, [height, width]: Size): Uint8Array {
  const images = new Uint8Array(count * height * width * 3);
  for (let i = 0; i < images.length; i++) {
    const [channel, column] = [i % 3, Math.floor(i / 3) % width];
    const [row, image] = [Math.floor(i / (3 * width)) % height, Math.floor(i / (3 * width * height))];
    const wave = Math.sin(row / (3 + image) + channel) * Math.cos(column / (7 - image)) * 100;
    images[i] = 128 + wave + ((row * 7 + column * 13 + image * 31) % 27);
  }
  return images;
}

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** The largest difference; NaN if the lengths differ. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  return largest(Array.from(a, (v, i) => v - b[i]!));
}

/** The root mean square of the differences, over that of what is expected. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  const squares = (f: (i: number) => number) =>
    Array.from(expected).reduce((sum, _, i) => sum + f(i) ** 2, 0);
  return Math.sqrt(squares((i) => found[i]! - expected[i]!) / squares((i) => expected[i]!));
}

const total = (rows: readonly { readonly parameters: number }[]) =>
  rows.reduce((sum, { parameters }) => sum + parameters, 0);

/** Declares the suite's tests for a backbone. */
export function testBackbone(name: string, suite: Conformance): void {
  const { load, golden, int8Error, batchSizes = [2], tolerance = 1e-5 } = suite;
  describe(`the backbone ${name}`, () => {
    let backbone: Backbone;
    let small: Size;
    beforeAll(async () => {
      backbone = await load();
      small = [2 * backbone.minimumSize, 2 * backbone.minimumSize];
    });

    /** For small images, in batches of so many: opened once, since that takes longer than a few images do. */
    const shared = new Map<number, Promise<OpenBackbone>>();
    function openedFor(batchSize: number): Promise<OpenBackbone> {
      const options = { imageSize: small, providers: ['cpu'] as const, batchSize };
      const opened = shared.get(batchSize) ?? openBackbone(backbone, options);
      shared.set(batchSize, opened);
      return opened;
    }
    const usual = batchSizes.at(-1)!;
    afterAll(async () => {
      for (const opened of shared.values()) (await opened).release();
    });

    it('says what it is', () => {
      expect(backbone.name).toBe(name);
      expect(backbone.weights.origin).not.toBe('');
      expect(backbone.weights.license).not.toBe('');
      if (backbone.weights.sha256) expect(backbone.weights.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(Math.min(...backbone.imageSize)).toBeGreaterThanOrEqual(backbone.minimumSize);
    });

    it('has a layer table that ends with the features and counts the weights', () => {
      const rows = backbone.layers(small, { top: false });
      expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
      expect(rows.at(-1)!.outputShape).toEqual([null, ...backbone.featureShape(small)]);
      const stored = backbone
        .table()
        .flatMap((layer) => [`${layer.name}.weight`, `${layer.name}.bias`])
        .reduce((sum, tensor) => sum + (backbone.tensors.get(tensor)?.data.length ?? 0), 0);
      expect(total(rows)).toBe(stored);
      expect(total(backbone.layers(backbone.imageSize))).toBeGreaterThanOrEqual(stored);
    });

    it.each([
      ['the smallest square', (side: number): Size => [side, side]],
      ['a wide image', (side: number): Size => [side, 2 * side + 11]],
      ['odd sides', (side: number): Size => [2 * side + 3, side + 1]],
    ])('computes features of the shape that it says: %s', async (_, sizeOf) => {
      const imageSize = sizeOf(backbone.minimumSize);
      const opened = await openBackbone(backbone, { imageSize, providers: ['cpu'] });
      const features = await opened.features(patternImages(1, imageSize), 1);
      expect(opened.featureShape).toEqual(backbone.featureShape(imageSize));
      expect(features).toHaveLength(opened.featureShape.reduce((a, b) => a * b, 1));
      expect(features.every(Number.isFinite)).toBe(true);
      opened.release();
    });

    describe.each(batchSizes)('in batches of %i', (batchSize) => {
      let opened: OpenBackbone;
      let images: Uint8Array;
      let features: Float32Array;
      const count = batchSize + 1;
      const row = (i: number) => {
        const size = features.length / count;
        return features.subarray(i * size, (i + 1) * size);
      };
      beforeAll(async () => {
        images = patternImages(count, small);
        opened = await openedFor(batchSize);
        features = await opened.features(images, count);
      });

      it('computes an image alone as in a batch', async () => {
        const size = images.length / count;
        for (const i of [0, count - 1]) {
          const alone = await opened.features(images.subarray(i * size, (i + 1) * size), 1);
          expect(difference(alone, row(i))).toBeLessThan(tolerance * largest(features));
        }
        expect(difference(row(0), row(1))).toBeGreaterThan(0.01 * largest(features));
      });

      it('reports progress, reads shared memory, and computes nothing for no images', async () => {
        const done: number[] = [];
        const shared = new Uint8Array(new SharedArrayBuffer(images.length));
        shared.set(images);
        expect(await opened.features(shared, count, { onProgress: (n) => done.push(n) })).toEqual(features);
        expect(done).toEqual([batchSize, count]);
        expect(await opened.features(new Uint8Array(0), 0)).toHaveLength(0);
      });

      it('stops between batches when it is aborted', async () => {
        const stop = new AbortController();
        const run = opened.features(images, count, { signal: stop.signal, onProgress: () => stop.abort() });
        await expect(run).rejects.toThrow(/abort/);
      });

      it('refuses bytes that do not fit', async () => {
        await expect(opened.features(images.subarray(1), count)).rejects.toMatchObject({ code: 'input' });
      });
    });

    it('gives the same features from an exported graph, which may hold it twice', async () => {
      const g = new GraphBuilder('export');
      const image = g.input('image', 'uint8', ['N', ...small, 3]);
      for (const output of ['first', 'second']) g.output(output, backbone.append(g, image).features);
      const bytes = encodeModel(g.build());
      expect(decodeModel(bytes).graph.inputs.map((input) => input.name)).toEqual(['image']);
      const session = new Session(bytes, { provider: 'cpu' });
      const images = patternImages(2, small);
      const { first, second } = session.run({ image: tensorOf(images, 'uint8', [2, ...small, 3]) });
      session.dispose();
      const features = await (await openedFor(usual)).features(images, 2);
      const data = first!.data as Float32Array;
      expect(second!.data).toEqual(data);
      expect(difference(data, features)).toBeLessThan(tolerance * largest(features));
    });

    it('stops after a block, whose features have height, width and channels', async () => {
      const blocks = [...new Set(backbone.table().map((layer) => layer.block))];
      const upTo = blocks[Math.floor(blocks.length / 2)]!;
      const opened = await openBackbone(backbone, { imageSize: small, providers: ['cpu'], upTo });
      expect(opened.featureShape).toHaveLength(3);
      const size = opened.featureShape.reduce((a, b) => a * b, 1);
      expect(await opened.features(patternImages(1, small), 1)).toHaveLength(size);
      opened.release();
      expect(() => backbone.featureShape(small, 'no such block')).toThrow(/There is no block no such block/);
    });

    it('gives the outputs of blocks beside the features, the same as a network that stops there', async () => {
      const blocks = [...new Set(backbone.table().map((layer) => layer.block))]
        .filter((block) => backbone.featureShape(small, block).length === 3)
        .slice(0, 2);
      const images = patternImages(2, small);
      const opened = await openBackbone(backbone, { imageSize: small, providers: ['cpu'], blocks });
      const { features, blocks: outputs } = await opened.activations(images, 2);
      opened.release();
      const expected = await (await openedFor(usual)).features(images, 2);
      expect(difference(features, expected)).toBeLessThan(tolerance * largest(expected));
      expect(outputs).toHaveLength(blocks.length);
      for (const [i, upTo] of blocks.entries()) {
        const part = await openBackbone(backbone, { imageSize: small, providers: ['cpu'], upTo });
        const alone = await part.features(images, 2);
        part.release();
        expect(difference(outputs[i]!, alone)).toBeLessThan(tolerance * largest(alone));
      }
      const unknown = { imageSize: small, providers: ['cpu'] as const, blocks: ['no such block'] };
      await expect(openBackbone(backbone, unknown)).rejects.toThrow(/There is no block no such block/);
    });

    it('computes nearly the same in 8 bits, with ranges from images and with its own', async () => {
      const images = patternImages(4, small);
      const expected = await (await openedFor(usual)).features(images, 4);
      const measured = await calibrate(backbone, images, 4, { imageSize: small });
      for (const ranges of [measured, ...(backbone.ranges ? [backbone.ranges] : [])]) {
        const int8 = await openBackbone(backbone, { imageSize: small, ranges });
        expect([int8.provider, int8.precision]).toEqual(['cpu', 'int8']);
        const error = relativeError(await int8.features(images, 4), expected);
        int8.release();
        // Something was rounded, or it did not run in 8 bits.
        expect(error).toBeGreaterThan(1e-4);
        expect(error).toBeLessThan(int8Error);
      }
      const [missing] = Object.keys(measured);
      const others = Object.fromEntries(Object.entries(measured).filter(([key]) => key !== missing));
      await expect(openBackbone(backbone, { imageSize: small, ranges: others })).rejects.toThrow(
        `range of activations [low, high] of ${missing}`,
      );
      await expect(openBackbone(backbone, { ranges: measured, providers: ['cuda'] })).rejects.toThrow(
        /8 bits run on cpu only/,
      );
    });

    it('refuses images that are too small, other pixels, and batches of none', async () => {
      const side = backbone.minimumSize - 1;
      await expect(openBackbone(backbone, { imageSize: [side, 64] })).rejects.toThrow(
        `takes uint8 pixels [N, height, width, 3] with sides of ${backbone.minimumSize} or more`,
      );
      const g = new GraphBuilder('gray');
      const gray = g.input('image', 'uint8', ['N', ...small, 1]);
      expect(() => backbone.append(g, gray)).toThrow(expect.objectContaining({ code: 'input' }));
      await expect(openBackbone(backbone, { batchSize: 0 })).rejects.toThrow(/1 or more, not 0/);
    });

    it.each(golden.map((each) => [each.imageSize.join('x'), each] as const))(
      'gives the golden values of %s',
      async (_, { imageSize, images, features, probabilities, tolerance: most }) => {
        const count = images.length / (imageSize[0] * imageSize[1] * 3);
        for (const batchSize of batchSizes) {
          const top = probabilities !== undefined;
          const isShared = !top && String(imageSize) === String(small);
          const opened = isShared
            ? await openedFor(batchSize)
            : await openBackbone(backbone, { imageSize, providers: ['cpu'], batchSize, top });
          expect(difference(await opened.features(images, count), features)).toBeLessThan(most);
          if (probabilities) {
            const found = await opened.probabilities(images, count);
            expect(difference(found, probabilities)).toBeLessThan(most);
            const [best] = await opened.classify(images, count, { top: 3 });
            const order = Array.from(found.subarray(0, opened.classes.length)).sort((a, b) => b - a);
            expect(best!.map(({ probability }) => probability)).toEqual(order.slice(0, 3));
            expect(best!.every(({ name }) => name !== '')).toBe(true);
          } else {
            await expect(opened.classify(images, count)).rejects.toThrow(/opened without its classifier/);
          }
          if (!isShared) opened.release();
        }
      },
    );
  });
}
