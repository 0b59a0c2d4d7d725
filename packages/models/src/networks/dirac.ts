// An initializer that makes a convolution hand its input on: the first filters are the identity, one per input channel,
// and the others random, as PyTorch draws them. It gives a network without shortcuts the start of one with them.
// Source: torch.nn.init.dirac_; Zagoruyko and Komodakis, DiracNets (2017).

import { SightlineError } from '@sightline/core';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

/** Kernels (height, width, in, out): 1 at the center from channel i to filter i; filters from `in` on are uniform. */
class Dirac extends tf.serialization.Serializable {
  /** @nocollapse */
  static className = 'Dirac';
  readonly seed: number | undefined;

  constructor({ seed }: { seed?: number | null } = {}) {
    super();
    this.seed = seed ?? undefined;
  }

  /** Uniform within ±1 / sqrt(fan in), the default of PyTorch's convolutions, for filters that are not the identity. */
  apply(shape: number[], dtype: tf.DataType = 'float32'): tf.Tensor {
    const [height, width, channels, filters] = shape;
    if (shape.length !== 4) {
      throw new SightlineError(
        'network',
        `The initializer Dirac is for kernels of two-dimensional convolutions, not for a shape of ${shape.join('x')}.`,
      );
    }
    const bound = 1 / Math.sqrt(height! * width! * channels!);
    return tf.tidy(() => {
      const random = tf.randomUniform(shape, -bound, bound, 'float32', this.seed).dataSync();
      const kernel = Float32Array.from(random);
      const center = (Math.floor(height! / 2) * width! + Math.floor(width! / 2)) * channels!;
      for (let at = 0; at < height! * width! * channels!; at++) {
        kernel.fill(0, at * filters!, at * filters! + Math.min(channels!, filters!));
        const channel = at - center;
        if (channel >= 0 && channel < Math.min(channels!, filters!)) kernel[at * filters! + channel] = 1;
      }
      return tf.tensor(kernel, shape, dtype);
    });
  }

  /** TensorFlow.js asks it of initializers. */
  fromConfigUsesCustomObjects(): boolean {
    return false;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { seed: this.seed ?? null };
  }
}

tf.serialization.registerClass(Dirac);

/** For a layer's `kernelInitializer`. By its configuration: TensorFlow.js does not export the class of initializers. */
export const dirac = {
  className: Dirac.className,
  config: { seed: null },
} as unknown as ReturnType<typeof tfl.initializers.zeros>;
