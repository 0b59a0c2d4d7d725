// One small real run of each kind: trained, checked and left as a person's commands leave them. All test files of one
// test run share them.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oncePerTestRun } from './once.ts';
import { writePhotographs } from './photographs.ts';
import { sightline, sightlineInTurn } from './sightline.ts';

export interface RealRuns {
  /** The folder that holds all of it: its path must appear on no page. */
  root: string;
  /**
   * The folder of the runs. On `warm or cold` (two classes): `plain` with augmentation, its other seed `plain-seed2`,
   * `collapsed`, `failed` (its model could not be written), `interrupted`; on `hues` (five classes):
   * `hues`, and `transfer` by the default recipe.
   */
  runs: string;
  /** The folder of data checks: one of each data set. */
  checks: string;
}

const CONFIG = `export default {
  experiments: {
    plain: {
      network: 'baseline', epochs: 5, batchSize: 16, optimizer: { name: 'adam', learningRate: 0.001 },
      augmentation: { horizontalFlip: true, rotation: 10 },
    },
    collapsed: { network: 'baseline', epochs: 2, batchSize: 16, optimizer: { name: 'adam', learningRate: 1e-9 } },
    failed: { network: 'baseline', epochs: 12, batchSize: 16, optimizer: { name: 'adam', learningRate: 0.001 } },
    interrupted: { network: 'baseline', epochs: 500, batchSize: 16, optimizer: { name: 'adam', learningRate: 0.001 } },
    hues: { network: 'baseline', epochs: 4, batchSize: 16, optimizer: { name: 'adam', learningRate: 0.001 } },
  },
};
`;

/** A class whose name no page may let become markup, turn around or break into lines. */
const HOSTILE_CLASS = 'yellow <b>\u202egpj\n\u001b[31m';

/** The runs, trained at the first call of a test run. */
export async function realRuns(): Promise<RealRuns> {
  const root = await oncePerTestRun('real-runs', make);
  return { root, runs: join(root, 'runs'), checks: join(root, 'checks') };
}

async function make(root: string): Promise<void> {
  const [binary, hues] = ['warm or cold', 'hues'].map((name) => join(root, name)) as [string, string];
  writePhotographs(binary, { classes: ['cold', 'warm'], counts: { train: 40, validation: 30 } });
  writePhotographs(hues, {
    classes: ['red', 'green', 'blue', HOSTILE_CLASS, 'grün'],
    counts: { train: 16, validation: 12 },
  });
  writeFileSync(join(root, 'sightline.config.mjs'), CONFIG);
  const train = (data: string, experiment: string, out = 'runs', seed = 1) => ({
    cwd: root,
    args: trainArguments(data, experiment, out, seed),
    codes: [0],
  });
  const check = (data: string, name: string) => ({
    cwd: root,
    args: ['check', data, '--save', join(root, 'checks', name)],
    codes: [0, 1],
  });
  // Two at a time: another worker may have nothing to do but wait for them.
  await Promise.all([
    sightlineInTurn([
      train(binary, 'plain', 'second seed', 2),
      train(binary, 'plain'),
      train(binary, 'collapsed'),
      // The first run on a data set names it.
      train(hues, 'hues'),
      // What `sightline train DIR` does without a configuration: there is none in the data's folder.
      { cwd: hues, args: ['train', '.', '--out', join(root, 'runs')], codes: [0] },
      check(binary, 'warm or cold'),
      check(hues, 'hues'),
    ]),
    failed(root, binary).then(() => interrupted(root, binary)),
  ]);
  renameSync(join(root, 'second seed', 'plain'), join(root, 'runs', 'plain-seed2'));
}

/** The epochs that a run has written. */
function epochs(root: string, name: string): number {
  const file = join(root, 'runs', name, 'history.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
}

/** Puts a folder in the place of the file that a training is about to write. */
async function failed(root: string, data: string): Promise<void> {
  const { code, stderr } = await sightline(root, trainArguments(data, 'failed'), () => {
    if (epochs(root, 'failed') > 0)
      mkdirSync(join(root, 'runs', 'failed', 'model.onnx', 'in the way'), { recursive: true });
  });
  if (code !== 1) throw new Error(`The training that cannot save its model ended with ${code}:\n${stderr}`);
}

/** Interrupts a training after its second epoch. */
async function interrupted(root: string, data: string): Promise<void> {
  let isInterrupted = false;
  const { stderr } = await sightline(root, trainArguments(data, 'interrupted'), (interrupt) => {
    if (isInterrupted || epochs(root, 'interrupted') < 2) return;
    isInterrupted = true;
    interrupt();
  });
  if (!isInterrupted) throw new Error(`The training to interrupt ended by itself:\n${stderr}`);
}

const trainArguments = (data: string, experiment: string, out = 'runs', seed = 1): string[] => [
  ...['train', 'sightline.config.mjs', '--data', data, '--experiment', experiment],
  ...['--seed', String(seed), '--out', out],
];
