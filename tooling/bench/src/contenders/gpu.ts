// One engine, on one provider, for `npm run gpu`, in a process of its own: `gpu.ts ENGINE [PROVIDER]`. Answers requests
// for losses, times and features; the engine onnxruntime says which provider runs each node as well.

import { type Backbone, openBackbone } from '@sightline/backbone';
import { useSoftwareGpu } from '@sightline/chromium/software-gpu';
import { isSightlineError } from '@sightline/core';
import { loadEfficientNetLite0 } from '@sightline/efficientnet-lite';
import { type EngineName, seedNetwork, selectEngine } from '@sightline/models';
import type { Provider } from '@sightline/ort';
import { compile } from '@sightline/tfjs-onnxruntime';
import { loadVgg16 } from '@sightline/vgg16';
import * as tf from '@tensorflow/tfjs-core';
import { serve } from '../child.ts';
import type { Answers, Backbones, GpuCaseName, Request } from '../gpu/protocol.ts';
import { gpuCases } from '../gpu/protocol.ts';
import { software } from '../machine.ts';
import { type BinaryStep, binaryStep, runStep } from '../step.ts';

const [engineName, provider] = process.argv.slice(2) as [EngineName, Provider | undefined];

/** At which four steps change a loss, and none comes where a sigmoid is 1 in float32 and its logarithm is noise. */
const LEARNING_RATE = 1e-4;

const BACKBONES: Readonly<Record<Backbones, () => Promise<Backbone>>> = {
  vgg16: loadVgg16,
  'efficientnet-lite0': loadEfficientNetLite0,
};

/** Numbers between 0 and 1, the same everywhere. */
const numbers = (count: number) =>
  Float32Array.from({ length: count }, (_, i) => (Math.sin(i * 12.9898) + 1) / 2);

/** A step of a network on a batch that lies in memory, from the same weights in every process. */
async function stepOf(name: GpuCaseName, batch: number, size: number) {
  const { network, shape: full } = gpuCases[name];
  const shape = full.length === 3 && full[2] === 3 ? [size, size, 3] : full;
  const model = await seedNetwork(network(shape, 2), 1);
  // Dropout draws before a step, and here the same for all.
  for (const layer of model.layers)
    (layer as { sample?(step: number, rows: number): void }).sample?.(0, batch);
  const eager = binaryStep(model, LEARNING_RATE);
  const compiled = engineName === 'onnxruntime' ? compile(eager, { seed: 1 }) : undefined;
  const step: BinaryStep = compiled ?? eager;
  const x = numbers(batch * tf.util.sizeFromShape([...shape])).map((value) => value - 0.5);
  // As many of each class would leave the loss of a deep network, whose first outputs are near 0, where it is.
  const y = Float32Array.from({ length: batch }, (_, i) => (i % 4 === 3 ? 0 : 1));
  return { run: () => runStep(step, x, [batch, ...shape], y), partition: () => compiled?.partition() };
}

const steps = new Map<string, Awaited<ReturnType<typeof stepOf>>>();

/** The nodes that each provider runs, of all graphs of a step. */
function counted(partition: readonly (readonly { provider: string; operator: string }[])[]) {
  const nodes: Record<string, number> = {};
  const strays: Record<string, number> = {};
  for (const { provider: where, operator } of partition.flat()) {
    nodes[where] = (nodes[where] ?? 0) + 1;
    if (where !== provider) strays[operator] = (strays[operator] ?? 0) + 1;
  }
  return { nodes, strays: Object.keys(strays).sort() };
}

const answers: { [K in keyof Answers]: (request: Request<K>) => Promise<Answers[K]> } = {
  async open({ inSoftware }) {
    if (inSoftware) useSoftwareGpu();
    try {
      const { device, note } = await selectEngine(engineName, provider ? { provider } : {});
      return { device, note };
    } catch (error) {
      if (!isSightlineError(error)) throw error;
      return { missing: error.message };
    }
  },
  async losses({ name, batch, size, count }) {
    const { run, partition } = await stepOf(name, batch, size);
    const losses = Array.from({ length: count }, run);
    const placed = partition();
    return { losses, ...(placed ? counted(placed) : {}) };
  },
  async time({ name, batch, size, count }) {
    const key = `${name} ${batch} ${size}`;
    const step = steps.get(key) ?? (await stepOf(name, batch, size));
    steps.set(key, step);
    const began = performance.now();
    for (let i = 0; i < count; i++) step.run();
    return { seconds: (performance.now() - began) / 1000 };
  },
  async features({ backbone, images, size }) {
    const network = await openBackbone(await BACKBONES[backbone](), {
      imageSize: [size, size],
      batchSize: images,
      ...(provider ? { providers: [provider] } : {}),
    });
    const pixels = Uint8Array.from(numbers(images * size * size * 3), (value) => value * 255);
    const features = await network.features(pixels, images);
    const began = performance.now();
    await network.features(pixels, images);
    const seconds = (performance.now() - began) / 1000;
    network.release();
    return { features: [...features], seconds };
  },
};

await serve(software(), async (request) => {
  const answer = answers[request.do as keyof Answers] as (request: never) => Promise<object>;
  return answer(request as never);
});
process.exit(0);
