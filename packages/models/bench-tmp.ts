import { compile } from '@sightline/tfjs-onnxruntime';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

await tf.setBackend('onnxruntime');
const l2 = () => tfl.regularizers.l2({ l2: 0.001 });
const m = tfl.sequential({
  layers: [
    tfl.layers.conv2d({
      filters: 32,
      kernelSize: 5,
      strides: 3,
      activation: 'relu',
      inputShape: [64, 64, 3],
      kernelRegularizer: l2(),
    }),
    tfl.layers.maxPooling2d({ poolSize: 2 }),
    tfl.layers.conv2d({
      filters: 64,
      kernelSize: 3,
      strides: 2,
      activation: 'relu',
      kernelRegularizer: l2(),
    }),
    tfl.layers.maxPooling2d({ poolSize: 2 }),
    tfl.layers.flatten(),
    tfl.layers.dense({ units: 128, kernelRegularizer: l2() }),
    tfl.layers.dense({ units: 1, activation: 'sigmoid' }),
  ],
});
const opt = tf.train.adam(0.001);
const step = compile(
  (x: tf.Tensor, y: tf.Tensor) => {
    const { value, grads } = tf.variableGrads(() => {
      const p = m.apply(x, { training: true }) as tf.Tensor;
      return m
        .calculateLosses()
        .reduce((s, l) => tf.add(s, l), tf.mean(tfl.metrics.binaryCrossentropy(y, p))) as tf.Scalar;
    });
    opt.applyGradients(grads);
    return value;
  },
  process.env.PROF ? { profile: process.env.PROF } : {},
);
const B = 128;
const x = tf.tensor(
  Float32Array.from({ length: B * 64 * 64 * 3 }, () => Math.random()),
  [B, 64, 64, 3],
);
const y = tf.tensor(
  Float32Array.from({ length: B }, () => +(Math.random() > 0.5)),
  [B, 1],
);
let t0 = performance.now();
const ls = [];
for (let i = 0; i < 5; i++) {
  const l = step(x, y);
  ls.push(l.dataSync()[0]);
  l.dispose();
  if (i < 3) {
    console.log('step', i, (performance.now() - t0).toFixed(1));
    t0 = performance.now();
  }
}
console.log(ls.join(' '));
for (let r = 0; r < 5; r++) {
  const t = performance.now();
  const n = 100;
  for (let i = 0; i < n; i++) step(x, y).dispose();
  const dt = (performance.now() - t) / n;
  console.log(dt.toFixed(2), 'ms/step', ((B / dt) * 1000).toFixed(0), 'img/s');
}
if (process.env.PRINT) console.log(step.print());
step.dispose();
