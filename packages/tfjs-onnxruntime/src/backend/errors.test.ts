// What goes wrong is said with the name of the kernel, and to those only whom it concerns.

import { SightlineError } from '@sightline/core';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../index.ts';

beforeEach(() => tf.setBackend('onnxruntime'));

describe('a mistake names the kernel', () => {
  const CASES: Record<string, [() => unknown, RegExp]> = {
    'shapes that do not broadcast': [
      () => tf.add(tf.ones([2]), tf.ones([3])),
      /^Add: .*cannot broadcast \[2\] with \[3\]/,
    ],
    'inner sizes of a product': [
      () => tf.matMul(tf.ones([2, 3]), tf.ones([4, 2])),
      /^BatchMatMul: .*3 and 4.*float32\[2, 3\] and float32\[4, 2\]/,
    ],
    'axes of a concatenation': [() => tf.concat([tf.ones([2, 3]), tf.ones([2, 4])], 0), /concat/i],
    'an index out of range': [
      () => tf.gather(tf.ones([3]), [5]),
      /^GatherV2: the index value 5 is not in \[0, 2\]/,
    ],
    'channels of a convolution': [
      () => tf.conv2d(tf.ones([1, 4, 4, 2]) as tf.Tensor4D, tf.ones([2, 2, 3, 1]) as tf.Tensor4D, 1, 'valid'),
      /conv2d: depth of input \(2\)/,
    ],
    'a dtype that a tensor cannot have': [() => tf.tensor([1], [1], 'float64' as never), /float64/],
    'a dtype that an operator does not take': [
      () =>
        tf
          .conv2d(
            tf.ones([1, 4, 4, 2], 'int32') as tf.Tensor4D,
            tf.ones([2, 2, 2, 1], 'int32') as tf.Tensor4D,
            1,
            'valid',
          )
          .dataSync(),
      /int32/,
    ],
  };
  for (const [name, [act, message]] of Object.entries(CASES)) {
    it(name, () => {
      expect(act).toThrow(message);
    });
  }

  it('when a graph fails while it runs', () => {
    const index = tf.cast(tf.mul(tf.ones([1]), 7), 'int32');
    expect(() => tf.gather(tf.ones([3]), index).dataSync()).toThrow(
      /^GatherV2, called at .*errors\.test\.ts:\d+: indices element out of data bounds, idx=7/,
    );
    const bad = tf.gatherND(tf.ones([3]), tf.reshape(index, [1, 1]));
    expect(() => tf.neg(bad).dataSync()).toThrow(/^GatherNd, called at .*errors\.test\.ts:\d+: .*7/);
  });
});

describe('a graph that fails while it runs', () => {
  const failing = () => tf.gather(tf.ones([3]), tf.cast(tf.mul(tf.ones([1]), 7), 'int32'));

  it('fails for those who depend on the fault, and for nobody else', () => {
    const before = tf.mul(tf.ones([2]), 2);
    const bad = failing();
    const dependent = tf.add(bad, 1);
    const after = tf.add(before, 1);
    expect([...after.dataSync()]).toEqual([3, 3]);
    expect([...before.dataSync()]).toEqual([2, 2]);
    expect(() => dependent.dataSync()).toThrow(SightlineError);
    expect(() => bad.dataSync()).toThrow(/GatherV2/);
    expect(() => tf.neg(dependent).dataSync()).toThrow(/GatherV2/);
  });

  it('also where nobody read before the code gave way', async () => {
    const good = tf.mul(tf.ones([2]), 2);
    const bad = failing();
    await Promise.resolve();
    expect([...good.dataSync()]).toEqual([2, 2]);
    expect(() => bad.dataSync()).toThrow(/GatherV2/);
  });
});

describe('a step that cannot be compiled', () => {
  const second = (step: (x: tf.Tensor) => tf.Tensor | tf.Tensor[]) => () => {
    const compiled = compile(step as (x: tf.Tensor) => tf.Tensor);
    const x = tf.tensor2d([[4, 1]]);
    compiled(x);
    compiled(x);
  };
  const here = 'errors\\.test\\.ts:\\d+';

  it('reads a value', () => {
    expect(second((x) => tf.mul(x, tf.max(x).dataSync()[0]!))).toThrow(
      new RegExp(`reads the result of Max at .*${here}`),
    );
  });
  it('branches on a value', () => {
    expect(second((x) => ((tf.sum(x).arraySync() as number) > 3 ? tf.neg(x) : x))).toThrow(
      new RegExp(`reads the result of Sum at .*${here}.*tf\\.where`),
    );
  });
  it('reads its input', () => {
    expect(second((x) => tf.mul(x, x.dataSync()[0]!))).toThrow(
      new RegExp(`reads an input or a variable at .*${here}`),
    );
  });
  it('calls a kernel that runs in JavaScript', () => {
    expect(second((x) => tf.unique(tf.reshape(x, [2])).values)).toThrow(
      new RegExp(`calls Unique on float32\\[2\\] at .*${here}, which has no form in ONNX`),
    );
  });
  it('makes a variable each time', () => {
    expect(second((x) => tf.variable(x))).toThrow(/made the variable .* on its second call/);
  });
  it('lets a tensor out by the side', () => {
    let kept: tf.Tensor | undefined;
    second((x) => {
      kept = tf.keep(tf.neg(x));
      return tf.sum(x);
    })();
    expect(() => kept!.dataSync()).toThrow(/made while it was traced .* return it from the step/);
  });
  it('is given what is no tensor, or nothing', () => {
    const step = compile((x: tf.Tensor) => tf.neg(x));
    expect(() => step(3 as never)).toThrow(
      /Input 0 of a compiled step must be a tensor of float32, int32 or bool, but is number/,
    );
    expect(() => step(tf.tensor(['a']))).toThrow(/but is a tensor of string/);
    expect(() => (step as unknown as () => tf.Tensor)()).toThrow(/The step takes 1 input\(s\), but got 0/);
    const optional = compile((x: tf.Tensor, y?: tf.Tensor) => (y ? tf.add(x, y) : tf.neg(x)));
    expect(optional(tf.scalar(2)).dataSync()[0]).toBe(-2);
    expect(() => compile(3 as never)).toThrow(/compile takes a function of tensors, but got number/);
  });
});
