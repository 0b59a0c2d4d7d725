// Makes a VGG16: checks what is asked for, loads the weights, and opens a session on the first provider that works.

import { floats } from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import { head200, loadHead200Classes } from '@sightline/vgg16-weights';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { denseLayersOf, layersOf, REDUCTION, TOP_INPUT_SIZE } from './architecture.ts';
import type { Calibration } from './graph/int8.ts';
import { type Algorithm, kernelGraph, vgg16Graph } from './graph/vgg16-graph.ts';
import { deviceOf, openFirst, type Provider, runOnce } from './providers.ts';
import type { Weights } from './source/source.ts';
import { type ClassName, Vgg16 } from './vgg16.ts';
import { loadWeights, type Top } from './weights.ts';

export interface Vgg16Options {
  /**
   * 'embedded', or the path of a file, each with the preprocessing that it was trained with: Keras' HDF5 files (`.h5`),
   * the ONNX Model Zoo's `vgg16-12.onnx`, or safetensors with the names and shapes of the embedded one.
   */
  readonly weights?: string;
  /**
   * 'head200' adds the classifier of 200 classes, for images of 128x128, to the embedded weights; 'imagenet' VGG16's own
   * dense layers for 1,000, for images of 224x224, where the weights' file holds them.
   */
  readonly top?: Top;
  /** For 'imagenet', whose files have no names: those of the 1,000 classes in order. Left out: `class 0` … `class 999`. */
  readonly classNames?: readonly string[];
  /** Height and width of the images, 32 or more. */
  readonly inputSize: readonly [number, number];
  /** Most images that run at once. */
  readonly batchSize?: number;
  /** Execution providers, the best first: the first that works here is taken, and if none does, that is an error. */
  readonly providers?: readonly Provider[];
  /** Left out: `winograd` on cpu with batches of 16 or more, `direct` elsewhere. */
  readonly algorithm?: Exclude<Algorithm, 'int8'>;
  /** Given: 8 bits with these ranges (see `calibrate`), on cpu. */
  readonly calibration?: Calibration;
}

const DEFAULT_BATCH = 32;
/** With fewer images at once, `winograd` reads its large kernels too often. */
const WINOGRAD_BATCH = 16;

/** The size that a top takes. */
const TOP_SIZES = {
  head200: { size: head200.inputSize, name: 'The head for 200 classes' },
  imagenet: { size: TOP_INPUT_SIZE, name: 'The top for 1,000 classes' },
} as const;

const CLASSES = denseLayersOf().at(-1)!.units;

function checkOptions({
  top = 'none',
  classNames,
  inputSize,
  batchSize = 1,
  calibration,
  algorithm,
  providers,
}: Vgg16Options): void {
  const [height, width] = inputSize;
  if (![height, width].every((side) => Number.isInteger(side) && side >= REDUCTION)) {
    throw new SightlineError(
      'input',
      `VGG16 takes images of ${REDUCTION} or more pixels in height and width, but got ${height}x${width}.`,
    );
  }
  if (top !== 'none') {
    const { size, name } = TOP_SIZES[top];
    if (height !== size[0] || width !== size[1]) {
      throw new SightlineError(
        'input',
        `${name} takes images of ${size[0]}x${size[1]}, but got ${height}x${width}.`,
      );
    }
  }
  if (classNames && (top !== 'imagenet' || classNames.length !== CLASSES)) {
    throw new SightlineError(
      'input',
      `Class names are ${CLASSES}, for top: 'imagenet', but ${classNames.length} came for top: '${top}'.`,
    );
  }
  if (calibration) checkCalibration(calibration, algorithm !== undefined, providers);
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new SightlineError(
      'input',
      `The batch size must be a whole number of 1 or more, but got ${batchSize}.`,
    );
  }
}

function checkCalibration(
  { ranges }: Calibration,
  hasAlgorithm: boolean,
  providers: readonly Provider[] = ['cpu'],
): void {
  if (hasAlgorithm || providers.some((provider) => provider !== 'cpu')) {
    throw new SightlineError(
      'input',
      'A calibration means 8 bits on cpu: leave out the algorithm and other providers.',
    );
  }
  for (const layer of layersOf()) {
    const range = ranges[layer.name];
    if (
      layer.kind === 'convolution' &&
      !(range !== undefined && range > 0 && range < Number.POSITIVE_INFINITY)
    ) {
      throw new SightlineError(
        'input',
        `A calibration must have a range above 0 for ${layer.name}, but it is ${range}: calibrate with images that are not blank.`,
      );
    }
  }
}

/**
 * Loads the weights and opens a session on the first execution provider that works.
 *
 * @throws SightlineError `weights`, `input` (sizes that do not fit) or `provider` (none of those asked for works)
 */
export async function createVgg16(options: Vgg16Options): Promise<Vgg16> {
  checkOptions(options);
  const {
    weights: source = 'embedded',
    top = 'none',
    inputSize,
    batchSize = DEFAULT_BATCH,
    calibration,
    // ONNX Runtime's other providers run 8-bit convolutions on cpu, piece by piece.
    providers = calibration ? ['cpu'] : undefined,
  } = options;
  const weights = await loadWeights(source, top);
  const algorithmOn = (provider: Provider): Algorithm => {
    if (calibration) return 'int8';
    return options.algorithm ?? (provider === 'cpu' && batchSize >= WINOGRAD_BATCH ? 'winograd' : 'direct');
  };
  const { session, provider, missing } = await openFirst(providers, (provider) =>
    vgg16Graph(weights, { inputSize, top, algorithm: algorithmOn(provider), calibration }),
  );
  const algorithm = algorithmOn(provider);
  const kernels = algorithm === 'winograd' ? await runOnce(kernelGraph(weights)) : {};
  const fed = top === 'imagenet' ? { ...kernels, ...denseTensors(weights) } : kernels;
  const facts = {
    provider,
    device: deviceOf(provider),
    missing,
    algorithm,
    weights: weights.origin,
    inputSize,
  };
  return new Vgg16(session, fed, facts, batchSize, await classesOf(top, options.classNames));
}

/** The top's tensors as the graph's inputs. */
function denseTensors({ tensors }: Weights): InferenceSession.OnnxValueMapType {
  const names = denseLayersOf().flatMap(({ name }) => [`${name}.weight`, `${name}.bias`]);
  return Object.fromEntries(
    names.map((name) => {
      const tensor = tensors.get(name)!;
      return [name, new Tensor('float32', floats(tensor), tensor.shape)];
    }),
  );
}

async function classesOf(top: Top, classNames?: readonly string[]): Promise<readonly ClassName[]> {
  if (top === 'none') return [];
  if (top === 'head200') return (await loadHead200Classes()).map(({ name, wnid }) => ({ name, wnid }));
  return Array.from({ length: CLASSES }, (_, i) => ({ name: classNames?.[i] ?? `class ${i}` }));
}
