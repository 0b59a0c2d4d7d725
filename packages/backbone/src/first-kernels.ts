/** The kernels of a network's first layer, which people look at. */

import type { Backbone } from './backbone.ts';
import { floats } from './weights/safetensors.ts';

/** float32 (height, width, channel (RGB), kernel), as TensorFlow.js and `.npy` readers expect kernels. */
export function firstKernels({ table, tensors }: Backbone): { data: Float32Array; shape: number[] } {
  const kernels = tensors.get(`${table()[0]!.name}.weight`)!;
  const [filters, channels, height, width] = kernels.shape as [number, number, number, number];
  const places = height * width;
  const oihw = floats(kernels);
  const data = new Float32Array(oihw.length);
  for (let i = 0; i < oihw.length; i++) {
    const [place, channel, filter] = [
      i % places,
      Math.floor(i / places) % channels,
      Math.floor(i / (places * channels)),
    ];
    data[(place * channels + channel) * filters + filter] = oihw[i]!;
  }
  return { data, shape: [height, width, channels, filters] };
}
