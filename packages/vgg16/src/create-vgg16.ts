// Makes a VGG16: checks what is asked for, loads the weights, and opens a session on the first provider that works.

import { head200, loadHead200Classes } from '@sightline/vgg16-weights';
import { layersOf, REDUCTION } from './architecture.ts';
import { Vgg16Error } from './error.ts';
import type { Calibration } from './graph/int8.ts';
import { type Algorithm, kernelGraph, vgg16Graph } from './graph/vgg16-graph.ts';
import { deviceOf, openFirst, type Provider, runOnce } from './providers.ts';
import { Vgg16 } from './vgg16.ts';
import { loadWeights } from './weights.ts';

export interface Vgg16Options {
  /** 'embedded', or the path of a safetensors file with the same names and shapes. */
  readonly weights?: string;
  /** 'head200' adds the classifier of 200 classes, for images of 128x128. */
  readonly top?: 'none' | 'head200';
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

function checkOptions({
  top,
  inputSize,
  batchSize = 1,
  calibration,
  algorithm,
  providers,
}: Vgg16Options): void {
  const [height, width] = inputSize;
  if (![height, width].every((side) => Number.isInteger(side) && side >= REDUCTION)) {
    throw new Vgg16Error(
      'input',
      `VGG16 takes images of ${REDUCTION} or more pixels in height and width, but got ${height}x${width}.`,
    );
  }
  const [headHeight, headWidth] = head200.inputSize;
  if (top === 'head200' && (height !== headHeight || width !== headWidth)) {
    throw new Vgg16Error(
      'input',
      `The head for 200 classes takes images of ${headHeight}x${headWidth}, but got ${height}x${width}.`,
    );
  }
  if (calibration) checkCalibration(calibration, algorithm !== undefined, providers);
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new Vgg16Error(
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
    throw new Vgg16Error(
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
      throw new Vgg16Error(
        'input',
        `A calibration must have a range above 0 for ${layer.name}, but it is ${range}: calibrate with images that are not blank.`,
      );
    }
  }
}

/**
 * Loads the weights and opens a session on the first execution provider that works.
 *
 * @throws Vgg16Error `weights`, `input` (sizes that do not fit) or `provider` (none of those asked for works)
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
  const facts = {
    provider,
    device: deviceOf(provider),
    missing,
    algorithm,
    weights: weights.origin,
    inputSize,
  };
  const classes = top === 'head200' ? await loadHead200Classes() : [];
  return new Vgg16(session, kernels, facts, batchSize, classes);
}
