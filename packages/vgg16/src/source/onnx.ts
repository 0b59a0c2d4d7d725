/**
 * VGG16 in an ONNX file, as the ONNX Model Zoo's `vgg16-12.onnx` is: Conv nodes over images (N, 3, H, W), then Gemm nodes
 * whose kernels are (units, inputs). Layers are known by their order: names differ from file to file.
 */

import type { StoredTensor } from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import { decodeModel, type Initializer, type Model } from '@sightline/onnx';
import { notop } from '@sightline/vgg16-weights';
import { readOnnxFile } from './onnx-file.ts';
import { checkArray, type Wanted, type Weights } from './source.ts';

const CHANNELS = 3;

/** Room for a tensor's name and shape beside its float32 values. */
const NAME_BYTES = 1024;

function decode(path: string, bytes: Uint8Array): Model {
  try {
    return decodeModel(bytes);
  } catch (cause) {
    if (!(cause instanceof SightlineError)) throw cause;
    const why = cause.message.replace(/\.$/, '');
    throw new SightlineError('weights', `${path} is not an ONNX file that can be read: ${why}.`, { cause });
  }
}

function checkInput(path: string, { graph }: Model, initializers: ReadonlyMap<string, Initializer>): void {
  // Older files list their initializers among the inputs.
  const shape = graph.inputs.find(({ name }) => !initializers.has(name))?.shape ?? [];
  if (shape.length === 4 && shape[1] === CHANNELS) return;
  throw new SightlineError(
    'weights',
    `${path} must take images [N, ${CHANNELS}, H, W], but it takes [${shape.join(', ')}].`,
  );
}

/** The layers of VGG16 in an ONNX file; see `ReadWeights`. */
export async function readOnnxWeights(path: string, { convolutions, dense }: Wanted): Promise<Weights> {
  const largest = Math.max(...convolutions.map(({ channels, filters }) => 4 * 9 * channels * filters));
  const bytes = await readOnnxFile(path, dense.length > 0 ? undefined : largest + NAME_BYTES);
  const model = decode(path, bytes);
  const initializers = new Map(model.graph.initializers.map((each) => [each.name, each]));
  checkInput(path, model, initializers);

  const tensors = new Map<string, StoredTensor>();
  const read = (name: string, what: string, input: string | undefined, shape: number[]) => {
    const found = initializers.get(input ?? '');
    checkArray(path, what, found, ['float32', 'float16'], shape);
    const { data, dtype } = found!;
    tensors.set(name, { dtype: dtype === 'float16' ? 'F16' : 'F32', shape, data: data as Float32Array });
  };
  const layers = <Layer>(kind: string, opType: string, wanted: readonly Layer[]) => {
    const nodes = model.graph.nodes.filter((node) => node.opType === opType);
    if (nodes.length !== wanted.length) {
      throw new SightlineError(
        'weights',
        `${path} must have ${wanted.length} ${kind} (${opType}) as VGG16 has, but it has ${nodes.length}.`,
      );
    }
    return wanted.map((layer, i) => ({ layer, inputs: nodes[i]!.inputs }));
  };
  for (const { layer, inputs } of layers('convolutions', 'Conv', convolutions)) {
    const { name, filters, channels } = layer;
    read(`${name}.weight`, `the kernel of ${name}`, inputs[1], [filters, channels, 3, 3]);
    read(`${name}.bias`, `the bias of ${name}`, inputs[2], [filters]);
  }
  if (dense.length > 0) {
    for (const { layer, inputs } of layers('dense layers', 'Gemm', dense)) {
      const { name, units } = layer;
      read(`${name}.weight`, `the kernel of ${name}`, inputs[1], [units, layer.inputs]);
      read(`${name}.bias`, `the bias of ${name}`, inputs[2], [units]);
    }
  }
  return {
    tensors,
    preprocessing: notop.preprocessing,
    dense: { flatten: 'NCHW', kernel: 'OI' },
    origin: `ONNX file ${path}`,
  };
}
