// The engine tfjs-node for real: the engine suite on it, and each experiment trained for an epoch on it and on
// onnxruntime, from the same weights and batches.

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { tfjsNodeArguments } from './build-tfjs-node.ts';
import { places } from './places.ts';
import { runProgram } from './program.ts';

/** The test that shows that the suite ran, and not the one that says that the engine is missing. */
const PROOF = 'trains as the cpu backend does';

/**
 * Between the losses of an epoch of the two engines, of the larger. Both compute in float32 and differ by some 1e-7 in
 * a step; Adam divides by the gradient's own size, so that the difference grows over the steps of an epoch, at the
 * baseline's rate of 0.01 to 6e-4. A wrong gradient gives per cents.
 */
const TOLERANCE = 2e-3;

interface Epoch {
  readonly epoch: number;
  readonly loss: number;
  readonly valLoss: number;
}

/** @throws SightlineError if a test of the suite fails, or losses differ */
export async function checkTfjsNode(dataFolder: () => Promise<string>): Promise<undefined> {
  const data = await dataFolder();
  const node = [...process.execArgv, ...(await tfjsNodeArguments())];
  const suite = await runProgram(
    process.execPath,
    [
      places.vitest,
      'run',
      ...['--config', places.tfjsNodeTests, '--reporter', 'verbose'],
      ...['packages/models/src/engine/select.test.ts', '--testNamePattern', '^the engine tfjs-node '],
    ],
    { cwd: places.root },
  );
  if (!suite.includes(PROOF))
    throw new SightlineError('program', `The engine tfjs-node did not load:\n${suite}`);
  console.log(
    `tfjs-node: the engine suite passes (${/(\d+) passed.*skipped/.exec(suite)?.[1] ?? 'all'} tests)`,
  );

  const runs = join(places.scratch, 'tfjs-node');
  await rm(runs, { recursive: true, force: true });
  for (const engine of ['tfjs-node', 'onnxruntime']) {
    await runProgram(process.execPath, [
      ...node,
      ...[places.cli, 'train', places.config, '--data', data, '--epochs', '1'],
      ...['--engine', engine, '--out', join(runs, engine)],
    ]);
  }
  const failures: string[] = [];
  for (const name of await readdir(join(runs, 'onnxruntime'))) {
    const [theirs, ours] = await Promise.all(
      ['tfjs-node', 'onnxruntime'].map((engine) => lastEpoch(join(runs, engine, name))),
    );
    for (const metric of ['loss', 'valLoss'] as const) {
      const [a, b] = [theirs![metric], ours![metric]];
      const difference = Math.abs(a - b) / Math.max(a, b);
      const line = `${name}, ${metric}: ${a.toFixed(6)} on tfjs-node, ${b.toFixed(6)} on onnxruntime`;
      console.log(`tfjs-node: ${line}`);
      if (!(difference < TOLERANCE)) failures.push(line);
    }
  }
  if (failures.length > 0) {
    throw new SightlineError('program', `Losses differ by more than ${TOLERANCE}: ${failures.join('; ')}.`);
  }
}

async function lastEpoch(run: string): Promise<Epoch> {
  const lines = (await readFile(join(run, 'history.jsonl'), 'utf8')).trim().split('\n');
  return JSON.parse(lines.at(-1)!) as Epoch;
}
