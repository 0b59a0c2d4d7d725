// Loads the numbers: the embedded ones, or a safetensors file with the same names and shapes.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { head200, notop } from '@sightline/vgg16-weights';
import { layersOf } from './architecture.ts';
import { Vgg16Error } from './error.ts';
import { floats, readSafetensors, type StoredTensor } from './safetensors.ts';

export interface Weights {
  /** `block1_conv1.weight` (OIHW) and `.bias` … `block5_conv3.bias`; with a head also `head.weight`, `head.bias`. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Where they came from, in words for a run's record. */
  readonly origin: string;
}

/** What must be there, and in which shape. */
function convolutionShapes(): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  for (const layer of layersOf()) {
    if (layer.kind !== 'convolution') continue;
    shapes.set(`${layer.name}.weight`, [layer.filters, layer.channels, 3, 3]);
    shapes.set(`${layer.name}.bias`, [layer.filters]);
  }
  return shapes;
}

const HEAD_SHAPES = new Map([
  ['head.weight', [200, 2048]],
  ['head.bias', [200]],
]);

async function load(path: string, shapes: ReadonlyMap<string, number[]>) {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(cause);
    throw new Vgg16Error('weights', `VGG16's weights cannot be read from ${path}: ${why}.`, { cause });
  }
  const { tensors, metadata } = readSafetensors(bytes, path);
  for (const [name, shape] of shapes) {
    const found = tensors.get(name);
    if (found?.shape.join() !== shape.join() || found.dtype === 'U8') {
      const came = found ? `${found.dtype} [${found.shape.join(', ')}]` : 'not there';
      throw new Vgg16Error(
        'weights',
        `${path} must hold ${name} as float16 or float32 [${shape.join(', ')}], but it is ${came}.`,
      );
    }
  }
  return { tensors, origin: metadata.origin };
}

/**
 * The 13 convolutions, and the head for 200 classes where it is wanted.
 *
 * @param source 'embedded', or the path of a safetensors file with the names and shapes of the embedded one, trained
 *   with the same preprocessing
 * @throws Vgg16Error `weights`
 */
export async function loadWeights(source: string, top: 'none' | 'head200'): Promise<Weights> {
  const path = source === 'embedded' ? fileURLToPath(notop.url) : source;
  const { tensors, origin } = await load(path, convolutionShapes());
  if (top === 'none') return { tensors, origin: origin ?? path };
  const head = await load(fileURLToPath(head200.url), HEAD_SHAPES);
  return { tensors: new Map([...tensors, ...head.tensors]), origin: origin ?? path };
}

/** The 64 kernels of the first layer, float32 (3, 3, 3, 64): row, column, channel (RGB), kernel. */
export async function firstLayerKernels(source = 'embedded'): Promise<Float32Array> {
  const { tensors } = await loadWeights(source, 'none');
  const kernels = tensors.get('block1_conv1.weight')!;
  const [filters, channels] = kernels.shape as [number, number, number, number];
  const oihw = floats(kernels);
  const hwio = new Float32Array(oihw.length);
  for (let i = 0; i < oihw.length; i++) {
    const [place, channel, filter] = [i % 9, Math.floor(i / 9) % channels, Math.floor(i / (9 * channels))];
    hwio[(place * channels + channel) * filters + filter] = oihw[i]!;
  }
  return hwio;
}
