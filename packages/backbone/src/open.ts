/** Opens a backbone: an ONNX Runtime session that computes features or classes of images, batch by batch. */

import { SightlineError } from '@sightline/core';
import { encodeModel, GraphBuilder, type Model, op } from '@sightline/onnx';
import { deviceName, openFirst, openUntrusted, type Provider, Session, tensorOf } from '@sightline/ort';
import type { Backbone, ClassName, Ranges, Size, WeightsInfo } from './backbone.ts';
import { Feed } from './feed.ts';
import { CHANNELS } from './table.ts';

export interface OpenOptions {
  /** Height and width of the images. Default: the size that the backbone was made for. */
  readonly imageSize?: Size;
  /** Execution providers, the best first: the first that works is taken. Default: all; only cpu in 8 bits. */
  readonly providers?: readonly Provider[];
  /** Compute in 8 bits with these ranges of activations (see `calibrate`). Default: float32. */
  readonly ranges?: Ranges;
  /** Images that run at once, at most. Default: what suits the backbone. */
  readonly batchSize?: number;
  /** Also prepare the network's own classifier, for `classify` and `probabilities`. Default: false. */
  readonly top?: boolean;
  /** Stop after this block, whose output are the features. Default: the whole network. */
  readonly upTo?: string;
  /** Also prepare the outputs of these blocks, for `activations`. Default: none. */
  readonly blocks?: readonly string[];
  /** Threads within a node. Default: one per physical core. */
  readonly threads?: number;
}

export interface RunOptions {
  /** Checked between batches. */
  readonly signal?: AbortSignal;
  /** Called after each batch with the number of images that are done. */
  readonly onProgress?: (done: number) => void;
}

/** A class with its probability. */
export interface Guess extends ClassName {
  readonly probability: number;
}

export interface OpenBackbone {
  readonly name: string;
  readonly weights: WeightsInfo;
  readonly imageSize: Size;
  /** The shape of one image's features. */
  readonly featureShape: readonly number[];
  readonly classes: readonly ClassName[];
  readonly provider: Provider;
  readonly device: string;
  /** Why the providers before it were passed over, one sentence each. */
  readonly passedOver: readonly string[];
  readonly precision: 'fp32' | 'int8';
  readonly batchSize: number;
  /**
   * Features of images, (count, …featureShape).
   *
   * @param images `count` images (count, height, width, 3), RGB, 0 to 255
   * @throws SightlineError `input` if the number of bytes does not fit; the signal's reason if it is aborted
   */
  features(images: Uint8Array, count: number, options?: RunOptions): Promise<Float32Array>;
  /**
   * Features, and the outputs of the blocks that it was opened with, in their order: (count, height, width, channels) each.
   *
   * @throws as `features`
   */
  activations(
    images: Uint8Array,
    count: number,
    options?: RunOptions,
  ): Promise<{ readonly features: Float32Array; readonly blocks: readonly Float32Array[] }>;
  /**
   * Probabilities of the network's own classes, (count, classes); images as for `features`.
   *
   * @throws as `features`, and SightlineError `input` if it was opened without `top`
   */
  probabilities(images: Uint8Array, count: number, options?: RunOptions): Promise<Float32Array>;
  /** The `top` (default: 5) most probable classes of each image, the most probable first. */
  classify(images: Uint8Array, count: number, options?: RunOptions & { top?: number }): Promise<Guess[][]>;
  /** Frees the native memory. */
  release(): void;
}

const BATCH_SIZE = 32;
const MOST_PROBABLE = 5;

/**
 * @throws SightlineError `provider-missing` if none of the providers that were asked for works, `input` if sizes do not
 *   fit or the network has no top, `option` if the batch size is not a whole number of 1 or more; as `openUntrusted` for a
 *   network of a file
 */
export async function openBackbone(backbone: Backbone, options: OpenOptions = {}): Promise<OpenBackbone> {
  const { imageSize = backbone.imageSize, ranges, top = false, upTo } = options;
  const { batchSize = backbone.batchSize ?? BATCH_SIZE } = options;
  checkOptions(backbone, options, batchSize);
  const given = { ...options, imageSize, batchSize };
  const { provider, passedOver, network } = backbone.isForeign
    ? await openForeign(backbone, given)
    : openHere(backbone, given);

  const featureShape = backbone.featureShape(imageSize, upTo);
  const classes = top ? (backbone.classes ?? []) : [];
  const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  const { blocks = [] } = options;
  const blockSizes = blocks.map((block, i) => [
    blockOutput(i),
    sizeOf(backbone.featureShape(imageSize, block)),
  ]);
  const sizes: Sizes = {
    features: sizeOf(featureShape),
    probabilities: classes.length,
    ...Object.fromEntries(blockSizes),
  };
  const run = (outputs: readonly string[], images: Uint8Array, count: number, each: RunOptions = {}) =>
    runBatches({ network, imageSize, batchSize, outputs, sizes }, images, count, each);
  const probabilities: OpenBackbone['probabilities'] = async (images, count, each) => {
    if (classes.length === 0) {
      throw new SightlineError(
        'input',
        `${backbone.name} was opened without its classifier: pass top: true.`,
      );
    }
    return (await run(['probabilities'], images, count, each))[0]!;
  };
  return {
    name: backbone.name,
    weights: backbone.weights,
    imageSize,
    featureShape,
    classes,
    provider,
    device: deviceName(provider),
    passedOver,
    precision: ranges ? 'int8' : 'fp32',
    batchSize,
    features: async (images, count, each) => (await run(['features'], images, count, each))[0]!,
    async activations(images, count, each) {
      const outputs = ['features', ...blocks.map((_, i) => blockOutput(i))];
      const [features, ...rest] = await run(outputs, images, count, each);
      return { features: features!, blocks: rest };
    },
    probabilities,
    async classify(images, count, { top: most = MOST_PROBABLE, ...each } = {}) {
      const all = await probabilities(images, count, each);
      return Array.from({ length: count }, (_, i) =>
        mostProbable(all.subarray(i * classes.length, (i + 1) * classes.length), classes, most),
      );
    },
    release: () => network.dispose(),
  };
}

/** A network that takes images. */
interface Network {
  /** The outputs of some images, uint8 (N, height, width, 3), in the order of their names. */
  run(
    pixels: Uint8Array,
    shape: readonly number[],
    outputs: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Float32Array[]>;
  dispose(): void;
}

interface Opened {
  readonly provider: Provider;
  readonly passedOver: readonly string[];
  readonly network: Network;
}

type Given = OpenOptions & { readonly imageSize: Size; readonly batchSize: number };

function openHere(backbone: Backbone, options: Given): Opened {
  const { ranges, threads } = options;
  // ONNX Runtime's other providers would run 8-bit convolutions on cpu, piece by piece.
  const wanted = options.providers ?? (ranges && (['cpu'] as const));
  const { provider, passedOver, opened } = openFirst(wanted, (provider) => {
    const { model, feed } = graphFor(backbone, options, provider);
    const workload = ranges ? 'int8' : 'inference';
    const session = new Session(encodeModel(model), { provider, workload, ...(threads ? { threads } : {}) });
    return { session, feed };
  });
  const { session } = opened;
  const fed = opened.feed.compute();
  const network: Network = {
    async run(pixels, shape, outputs) {
      const fetches = Object.fromEntries(outputs.map((output) => [output, null]));
      const results = await session.runAsync({ image: tensorOf(pixels, 'uint8', shape), ...fed }, fetches);
      return outputs.map((output) => results[output]!.data as Float32Array);
    },
    dispose: () => session.dispose(),
  };
  return { provider, passedOver, network };
}

async function openForeign(backbone: Backbone, options: Given): Promise<Opened> {
  const { model, feed } = graphFor(backbone, options, 'cpu');
  if (Object.keys(feed.compute()).length > 0) throw new Error('weights of a foreign network are constants');
  const session = await openUntrusted({ name: backbone.name, bytes: encodeModel(model) });
  const network: Network = {
    async run(data, shape, outputs, signal) {
      const found = await session.runAll({ image: { data, dtype: 'uint8', shape } }, outputs, signal);
      return found.map(({ data }) => data as Float32Array);
    },
    dispose: () => session.dispose(),
  };
  return { provider: 'cpu', passedOver: [], network };
}

const blockOutput = (index: number): string => `block${index}`;

/** Input `image`; outputs `features`, one per block that was asked for, and `probabilities` with the top. */
function graphFor(
  backbone: Backbone,
  { imageSize, batchSize, ranges, top = false, upTo, blocks }: Given,
  provider: Provider,
): { model: Model; feed: Feed } {
  const g = new GraphBuilder(backbone.name);
  const feed = new Feed(g);
  const image = g.input('image', 'uint8', ['N', ...imageSize, CHANNELS]);
  const appended = backbone.append(g, image, {
    target: { provider, batchSize },
    feed: feed.input,
    logits: top,
    ...(ranges ? { ranges } : {}),
    ...(upTo === undefined ? {} : { upTo }),
    ...(blocks === undefined ? {} : { blocks }),
  });
  const { features, logits } = appended;
  g.output('features', features);
  appended.blocks.forEach((block, i) => {
    g.output(blockOutput(i), block);
  });
  if (logits) g.output('probabilities', op.softmax(g, logits, 1));
  return { model: g.build(), feed };
}

function checkOptions(
  { name, isForeign }: Backbone,
  { ranges, providers }: OpenOptions,
  batchSize: number,
): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new SightlineError(
      'option',
      `The batch size must be a whole number of 1 or more, not ${batchSize}.`,
    );
  }
  if (ranges && providers?.some((provider) => provider !== 'cpu')) {
    throw new SightlineError('input', '8 bits run on cpu only: leave out other providers.');
  }
  if (isForeign && providers && !providers.includes('cpu')) {
    throw new SightlineError(
      'input',
      `${name} runs in a process of its own, on cpu only: leave out other providers.`,
    );
  }
}

interface Batches {
  readonly network: Network;
  readonly imageSize: Size;
  readonly batchSize: number;
  readonly outputs: readonly string[];
  readonly sizes: Sizes;
}

/** Numbers per image in each output. */
type Sizes = Readonly<Record<string, number>>;

async function runBatches(
  { network, imageSize, batchSize, outputs, sizes }: Batches,
  images: Uint8Array,
  count: number,
  { signal, onProgress }: RunOptions,
): Promise<Float32Array[]> {
  const size = checkImages(images, count, imageSize);
  const rows = outputs.map((output) => new Float32Array(count * sizes[output]!));
  for (let start = 0; start < count; start += batchSize) {
    signal?.throwIfAborted();
    const batch = Math.min(batchSize, count - start);
    const pixels = images.subarray(start * size, (start + batch) * size);
    const results = await network.run(pixels, [batch, ...imageSize, CHANNELS], outputs, signal);
    outputs.forEach((output, i) => {
      rows[i]!.set(results[i]!, start * sizes[output]!);
    });
    onProgress?.(start + batch);
  }
  return rows;
}

/** The bytes of one image. Throws SightlineError `input` if `images` does not hold `count` images. */
export function checkImages(images: Uint8Array, count: number, [height, width]: Size): number {
  const size = height * width * CHANNELS;
  if (images.length !== count * size) {
    throw new SightlineError(
      'input',
      `${count} images of ${height}x${width} RGB are ${count * size} bytes, but got ${images.length}.`,
    );
  }
  return size;
}

function mostProbable(probabilities: Float32Array, classes: readonly ClassName[], most: number): Guess[] {
  return Array.from(probabilities, (probability, i) => ({ probability, i }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, most)
    .map(({ probability, i }) => ({ ...classes[i]!, probability }));
}
