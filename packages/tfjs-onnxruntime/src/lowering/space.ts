// Kernels that move blocks of pixels between space, depth and batch: paddings, reshapes and one transpose.

import { op } from '@sightline/onnx';
import { backend_util, util } from '@tensorflow/tfjs-core';
import { type Lowering, scalar, shapeOf } from './lowering.ts';

interface BatchAttributes {
  readonly blockShape: number[];
  readonly crops: number[][];
  readonly paddings: [number, number][];
}

export const SPACE: Record<string, Lowering> = {
  DepthToSpace: ({ graph: g }, { x }, a: { blockSize: number; dataFormat: 'NHWC' | 'NCHW' }) => {
    util.assert(a.dataFormat === 'NHWC', () => `only NHWC is supported, but got ${a.dataFormat}`);
    const [n, h, w, depth] = shapeOf(x!) as [number, number, number, number];
    const { blockSize: size } = a;
    const channels = depth / (size * size);
    const blocks = op.reshape(g, x!, [n, h, w, size, size, channels]);
    const rows = op.transpose(g, blocks, [0, 1, 3, 2, 4, 5]);
    return op.reshape(g, rows, [n, h * size, w * size, channels]);
  },
  SpaceToBatchND: ({ graph: g }, { x }, { blockShape, paddings }: BatchAttributes) => {
    const rest = shapeOf(x!).length - 1 - blockShape.length;
    const zeros = Array<number>(rest).fill(0);
    const padded = op.pad(
      g,
      x!,
      [0, ...paddings.map((p) => p[0]), ...zeros],
      [0, ...paddings.map((p) => p[1]), ...zeros],
      'constant',
      scalar(g, 0, x!.dtype),
    );
    const shape = shapeOf(padded);
    const size = util.sizeFromShape(blockShape);
    const split = backend_util.getReshaped(shape, blockShape, size, false);
    const order = backend_util.getPermuted(split.length, blockShape.length, false);
    const moved = op.transpose(g, op.reshape(g, padded, split), order);
    return op.reshape(g, moved, backend_util.getReshapedPermuted(shape, blockShape, size, false));
  },
  BatchToSpaceND: ({ graph: g }, { x }, { blockShape, crops }: BatchAttributes) => {
    const shape = shapeOf(x!);
    const size = util.sizeFromShape(blockShape);
    const split = backend_util.getReshaped(shape, blockShape, size);
    const order = backend_util.getPermuted(split.length, blockShape.length);
    const whole = backend_util.getReshapedPermuted(shape, blockShape, size);
    const image = op.reshape(g, op.transpose(g, op.reshape(g, x!, split), order), whole);
    const begin = backend_util.getSliceBeginCoords(crops, blockShape.length);
    const sizes = backend_util.getSliceSize(whole, crops, blockShape.length);
    const ends = begin.map((b, i) => b + sizes[i]!);
    return op.slice(
      g,
      image,
      begin,
      ends,
      begin.map((_, i) => i),
    );
  },
};
