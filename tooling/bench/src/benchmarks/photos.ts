// `sightline train` on a folder of photographs beside Python programs that do the same without a report: the same
// network's features by ONNX Runtime or PyTorch, then scikit-learn's logistic regression by cross-validation. Each runs in
// a process of its own, from start to end; the second training finds its features kept.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { loadEfficientNetLite0 } from '@sightline/efficientnet-lite';
import { encodeModel, GraphBuilder } from '@sightline/onnx';
import { carOrOther, findPython, peerPlaces, runProgram } from '@sightline/peers';
import { readRun } from '@sightline/runs';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { type Contender, compare } from '../comparison.ts';
import { places } from '../places.ts';
import { figure } from '../table.ts';

const SIDE = 224;

/** Seconds that the peer took, and what it printed. */
interface Answer {
  readonly accuracy: number;
  readonly c: number;
  readonly seconds: Readonly<Record<string, number>>;
}

export const photos: Benchmark = {
  title: '`sightline train` on photographs beside Pillow, ONNX Runtime or PyTorch, and scikit-learn',
  async run({ data, rounds = 3 }) {
    const folder = data ?? (await carOrOther());
    const python = await findPython();
    const work = join(places.scratch, 'photos');
    await mkdir(work, { recursive: true });
    const model = join(work, 'features.onnx');
    await writeFile(model, await featuresModel());
    const runs = join(work, 'runs');
    const answers: Answer[] = [];
    const train = async () => {
      const args = [...process.execArgv, places.cli, 'train', folder, '--out', runs, '--json'];
      return seconds(() => runProgram(process.execPath, args, { cwd: work }));
    };
    const peer = (name: string, network: string): Contender => ({
      name,
      time: () =>
        seconds(async () => {
          const answer = await runProgram(python, [join(peerPlaces.sklearn, 'photos.py'), folder, network]);
          answers.push(JSON.parse(answer) as Answer);
        }),
    });
    const first: Contender = {
      name: 'first training',
      async time() {
        await rm(join(work, 'features'), { recursive: true, force: true });
        await rm(runs, { recursive: true, force: true });
        return train();
      },
    };
    const second: Contender = { name: 'second training', time: train };
    const options = { what: 'photographs', unit: 's', amount: 1, target: 1, warmUp: 0 } as const;
    const byOnnxRuntime = peer('ONNX Runtime', model);
    const comparisons = [
      await compare(first, byOnnxRuntime, { ...options, rounds }),
      await compare(second, byOnnxRuntime, { ...options, rounds }),
    ];
    const last = answers.at(-1)!;
    const notes: string[] = [];
    try {
      // Several times as long as all others together.
      comparisons.push(await compare(first, peer('PyTorch', 'torch'), { ...options, rounds: 1 }));
    } catch (error) {
      if (!(error instanceof SightlineError) || !error.message.includes("No module named 'torch'"))
        throw error;
      notes.push(
        `PyTorch is not installed: ${python} -m pip install -r tooling/peers/torch/requirements.txt`,
      );
    }
    const { run } = readRun(join(runs, 'transfer'));
    const parts = (all: Readonly<Record<string, number>>) =>
      Object.entries(all)
        .map(([name, s]) => `${name} ${figure(s)} s`)
        .join(', ');
    return {
      table: comparisonTable(comparisons),
      measurements: { comparisons, timings: run.timings, peer: last },
      software: {},
      notes: [
        ...notes,
        `Validation accuracy: ours ${figure(run.metrics?.validation.accuracy ?? 0)}, Python ${figure(last.accuracy)} (C ${figure(last.c)}).`,
        `Parts of the last training: ${parts(run.timings)}; of Python: ${parts(last.seconds)}.`,
      ],
    };
  },
};

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return (performance.now() - began) / 1000;
}

/** The network that both sides use, from pixels to features. */
async function featuresModel(): Promise<Uint8Array> {
  const backbone = await loadEfficientNetLite0();
  const g = new GraphBuilder(backbone.name);
  const image = g.input('image', 'uint8', ['N', SIDE, SIDE, 3]);
  g.output('features', backbone.append(g, image).features);
  return encodeModel(g.build());
}
