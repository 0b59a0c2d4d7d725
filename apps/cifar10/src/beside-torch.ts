/**
 * `pnpm beside-torch --python venv/bin/python`: the first steps of `to-94` here and in PyTorch, from the same weights on
 * the same batches: their losses side by side, and images per second of both. PyTorch's are the reference: where they
 * differ, the command fails.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { cacheFolder } from '@sightline/core/files';
import { type BatchSource, imageSource, loadImages, openDataset } from '@sightline/data';
import { buildNetwork, fit, selectEngine, whiten } from '@sightline/models';
import { encodeNpy } from '@sightline/runs';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { loadConfig, settingsOf } from 'sightline';
import { defineCommand, option, runAsProcess, wholeNumber } from 'sightline/cli';
import { z } from 'zod';
import { prepareCifar10 } from './data.ts';
import { places } from './places.ts';

const resultSchema = z.object({ losses: z.array(z.number()), seconds: z.array(z.number()) });

/**
 * Rounding errors of float32 grow from step to step at these learning rates: by Winograd's 1e-6 of the largest value in
 * the first step, by some ten times as much every few steps.
 */
const tolerance = (step: number): number => (step < 3 ? 2e-4 : step < 10 ? 1e-2 : 5e-2);

const command = defineCommand({
  usage: '',
  examples: [{ command: 'pnpm beside-torch --python venv/bin/python', does: 'Twenty steps of both' }],
  options: {
    python: option(z.string().default('python3'), { description: 'A Python with torch', hint: 'FILE' }),
    steps: option(wholeNumber(3).default(20), { description: 'How many steps', hint: 'N' }),
    batchSize: option(wholeNumber(1).optional(), {
      description: 'Images per step',
      hint: 'N',
      defaultText: 'that of to-94',
    }),
  },
  async run({ values: { python, steps, batchSize }, output, work: { signal }, exitWith }) {
    await prepareCifar10(cacheFolder(), places.data, { signal, onStep: output.note });
    const { experiment, seed } = settingsOf(await loadConfig(places.app), 'to-94', {});
    const dataset = await openDataset(places.data);
    const images = await loadImages(dataset, 'train', { size: [32, 32] });
    const order = { batchSize: batchSize ?? experiment.batchSize, seed };
    const train = imageSource(images, { ...order, shuffle: true, augmentation: experiment.augmentation });
    const engine = await selectEngine('onnxruntime');
    const model = await buildNetwork('airbench', train.rowShape, train.classes.length, seed);
    await whiten(model, imageSource(images, { ...order, shuffle: false }), experiment.whitening!);

    const folder = mkdtempSync(join(tmpdir(), 'sightline-torch-'));
    try {
      writeWeights(folder, model);
      await writeBatches(folder, train, steps);
      const rates: number[] = [];
      const losses: number[] = [];
      const seconds: number[] = [];
      const stop = new AbortController();
      let [sum, began] = [0, performance.now()];
      await fit(
        model,
        { train, validation: train },
        {
          ...experiment,
          engine,
          signal: AbortSignal.any([signal, stop.signal]),
          callbacks: [
            {
              name: 'losses',
              onStep({ loss, rows }, control) {
                losses.push((loss * rows - sum) / order.batchSize);
                sum = loss * rows;
                rates.push(control.learningRate);
                seconds.push((performance.now() - began) / 1000);
                began = performance.now();
                if (losses.length === steps) stop.abort();
              },
            },
          ],
        },
      );
      signal.throwIfAborted();
      const { momentum, weightDecay, offsetRate } = experiment.optimizer as Record<string, unknown>;
      const { labelSmoothing } = experiment;
      const threads = availableParallelism();
      const recipe = {
        weights: namesOf(model),
        rates,
        momentum,
        weightDecay,
        offsetRate,
        labelSmoothing,
        threads,
      };
      writeFileSync(join(folder, 'recipe.json'), JSON.stringify(recipe));
      const torch = runTorch(python, folder);
      const rows = losses.map((loss, i) => {
        const difference = Math.abs(loss / torch.losses[i]! - 1);
        return {
          step: i + 1,
          sightline: loss,
          torch: torch.losses[i]!,
          difference,
          fits: difference <= tolerance(i),
        };
      });
      // The first two make sessions and plans.
      const rate = (all: readonly number[]) =>
        (order.batchSize * (all.length - 2)) / all.slice(2).reduce((a, b) => a + b, 0);
      const lines = rows.map(
        (row) =>
          `${String(row.step).padStart(4)}  ${row.sightline.toFixed(5)}  ${row.torch.toFixed(5)}  ${row.difference.toExponential(1)}`,
      );
      const [here, there] = [rate(seconds), rate(torch.seconds)];
      output.result(
        { rows, imagesPerSecond: { sightline: here, torch: there } },
        [
          'step  here     PyTorch  difference',
          ...lines,
          '',
          `${here.toFixed(0)} images/s here, ${there.toFixed(0)} in PyTorch: ${(here / there).toFixed(2)} times.`,
        ].join('\n'),
      );
      if (!rows.every(({ fits }) => fits)) exitWith(1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      model.dispose();
    }
  },
});

const namesOf = (model: LayersModel): string[] => model.weights.map(({ originalName }) => originalName);

function writeWeights(folder: string, model: LayersModel): void {
  for (const weight of model.weights) {
    const data = weight.read().dataSync() as Float32Array;
    const file = join(folder, `${weight.originalName.replaceAll('/', '-')}.npy`);
    writeFileSync(file, encodeNpy({ data, shape: weight.shape as number[] }));
  }
}

/** As bytes: whole pixels were moved and mirrored, so none is between two values. */
async function writeBatches(folder: string, source: BatchSource, steps: number): Promise<void> {
  let step = 0;
  for await (const { x, y, shape, size } of source.batches(1)) {
    const length = shape.reduce((a, b) => a * b, 1);
    const pixels = Uint8Array.from(x.subarray(0, length), (v) => Math.round(v * 255));
    writeFileSync(join(folder, `images-${step}.npy`), encodeNpy({ data: pixels, shape: [...shape] }));
    writeFileSync(join(folder, `labels-${step}.npy`), encodeNpy({ data: y.slice(0, size), shape: [size] }));
    if (++step === steps) return;
  }
}

function runTorch(python: string, folder: string): z.output<typeof resultSchema> {
  const { status, stdout, stderr, error } = spawnSync(python, [places.torch, folder], { encoding: 'utf8' });
  if (status !== 0) {
    const why = error?.message ?? stderr.trim().split('\n').at(-1);
    throw new SightlineError(
      'option',
      `PyTorch did not run (${why}). Give a Python that has torch and numpy with --python.`,
    );
  }
  return resultSchema.parse(JSON.parse(stdout));
}

await runAsProcess({ name: 'pnpm beside-torch', summary: 'The recipe beside PyTorch', command });
