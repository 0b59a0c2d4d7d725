/** Reading run folders: one, or all that stand in a folder. */

import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { SightlineError } from '@sightline/core';
import { isAlive } from '@sightline/core/process';
import { type SuspectRecord, suspectSchema } from './head-schema.ts';
import { check, readJson } from './json.ts';
import { readJsonLines } from './json-lines.ts';
import { isRun } from './run-writer.ts';
import {
  type EpochRecord,
  epochSchema,
  type Prediction,
  predictionSchema,
  type Run,
  runSchema,
} from './schema.ts';
import { upgradeRun } from './upgrade.ts';

export interface LoadedRun {
  /** Absolute. */
  dir: string;
  /** The folder's name. */
  name: string;
  /** As in `run.json`, but a run whose process has gone is `interrupted`. */
  run: Run;
  /** Whether an earlier version of Sightline wrote it: then it can be read, and not resumed. */
  isUpgraded: boolean;
  history: EpochRecord[];
  /** The predictions on the validation images; read on each call. Empty where none were written. */
  predictions(): Prediction[];
  /** The images whose label is doubtful; read on each call. Empty if none were written. */
  suspects(): SuspectRecord[];
}

/**
 * Reads the run in the folder `dir`.
 *
 * @throws SightlineError `missing` where there is no run, `broken` where its files are damaged, `unsupported` where a
 *   newer Sightline wrote it
 */
export function readRun(dir: string): LoadedRun {
  const path = resolve(dir);
  if (!isRun(path)) {
    throw new SightlineError(
      'missing',
      isFile(path)
        ? `${dir} is a file: expected the folder of a run. The commands predict, evaluate and summary take a network's file.`
        : `There is no run in ${dir}: expected a file run.json in it. Train one first.`,
    );
  }
  const file = join(path, 'run.json');
  const history = readIfThere(() => readJsonLines(join(path, 'history.jsonl'), epochSchema));
  const json = readJson(file);
  const upgraded = upgradeRun(json, history, dir);
  const run = check(upgraded, runSchema, file);
  return {
    dir: path,
    name: basename(path),
    run: run.status === 'running' && !isAlive(run.pid) ? { ...run, status: 'interrupted' } : run,
    isUpgraded: upgraded !== json,
    history,
    predictions: () => readIfThere(() => readJsonLines(join(path, 'predictions.jsonl'), predictionSchema)),
    suspects: () => readIfThere(() => readJsonLines(join(path, 'suspects.jsonl'), suspectSchema)),
  };
}

/** A folder that should hold a run and doesn't: its path, and why, in one sentence. */
export interface BrokenRun {
  dir: string;
  reason: string;
}

/**
 * Reads every run in the folders of `root`, by name. Folders without a `run.json` are no runs; runs that can't be
 * read are named in `broken`, and don't keep the others from being read.
 *
 * @throws SightlineError `missing` where `root` is no folder
 */
export function listRuns(root: string): { runs: LoadedRun[]; broken: BrokenRun[] } {
  const runs: LoadedRun[] = [];
  const broken: BrokenRun[] = [];
  for (const dir of foldersIn(root).filter(isRun)) {
    try {
      runs.push(readRun(dir));
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      broken.push({ dir, reason: error.message });
    }
  }
  return { runs, broken };
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

function foldersIn(root: string): string[] {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
      .map((entry) => join(root, entry.name))
      .sort();
  } catch (cause) {
    const message = isFile(root)
      ? `${root} is a file: expected a folder of runs, or the folder of one.`
      : `There is no folder of runs ${root}. Train something first.`;
    throw new SightlineError('missing', message, { cause });
  }
}

function readIfThere<Row>(read: () => Row[]): Row[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof SightlineError && error.code === 'missing') return [];
    throw error;
  }
}
