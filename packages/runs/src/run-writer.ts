/**
 * Writing a run folder while a network trains.
 *
 * Nothing is written before the first epoch has ended: a run that fails before leaves the previous run in the folder
 * as it was. Then the previous run's files are removed, `run.json` first, so that no moment shows one run's header
 * over another's history.
 */

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { appendLine, writeFileAtomic, writeJson } from '@sightline/core/files';
import { type SuspectRecord, suspectSchema } from './head-schema.ts';
import { check } from './json.ts';
import { toJsonLines } from './json-lines.ts';
import {
  type EpochRecord,
  epochSchema,
  type Prediction,
  predictionSchema,
  type Run,
  type RunStatus,
  runSchema,
} from './schema.ts';
import { VERSION } from './upgrade.ts';

/** What is known of a run before it starts. */
export type RunHeader = Omit<
  Run,
  'schema' | 'status' | 'finishedAt' | 'metrics' | 'head' | 'fineTune' | 'timings' | 'pid' | 'error'
>;

export interface RunEnd {
  status: Exclude<RunStatus, 'running'>;
  metrics: Run['metrics'];
  head?: Run['head'];
  timings: Run['timings'];
  fineTune?: Run['fineTune'];
  error?: string;
}

export interface RunWriter {
  readonly dir: string;
  /** Adds an epoch to the history. */
  epoch(record: EpochRecord): void;
  writePredictions(rows: readonly Prediction[]): void;
  writeSuspects(rows: readonly SuspectRecord[]): void;
  /** Writes `artifacts/<name>`: bytes as they are, anything else as JSON. */
  writeArtifact(name: string, content: unknown): void;
  /** Ends the run. Before the first epoch it writes nothing, unless the run is complete. */
  finish(end: RunEnd): void;
}

/** Everything that a run may leave in its folder. `run.json` is the first to go: without it there is no run. */
const runFiles = [
  'run.json',
  'history.jsonl',
  'predictions.jsonl',
  'suspects.jsonl',
  'artifacts',
  'model',
  'model.onnx',
  'checkpoints',
];

/**
 * Opens the folder `dir` for a run. The folder need not exist.
 *
 * @param options.resumed the epochs of the run in this folder that this one continues: nothing is removed then
 * @throws SightlineError `broken` from any method where what is written would not be of the schema
 */
export function openRun(
  dir: string,
  header: RunHeader,
  options: { resumed?: readonly EpochRecord[] | undefined } = {},
): RunWriter {
  const history: EpochRecord[] = [...(options.resumed ?? [])];
  let started = false;
  /** Whether history.jsonl holds `history`, and nothing of an earlier run. */
  let isWritten = false;

  const writeRun = (rest: Partial<Run>) => {
    const run = {
      schema: VERSION,
      ...header,
      status: 'running',
      finishedAt: null,
      metrics: null,
      timings: {},
      ...rest,
    };
    writeJson(join(dir, 'run.json'), check(withNulls(run), runSchema, join(dir, 'run.json')));
  };
  const start = () => {
    if (started) return;
    if (!options.resumed)
      for (const name of runFiles) rmSync(join(dir, name), { recursive: true, force: true });
    writeRun({ pid: process.pid });
    started = true;
  };

  return {
    dir,
    epoch(record) {
      history.push(check(withNulls(record), epochSchema, `epoch ${record.epoch}`));
      const path = join(dir, 'history.jsonl');
      if (isWritten) {
        appendLine(path, JSON.stringify(history.at(-1)));
        return;
      }
      start();
      writeFileAtomic(path, toJsonLines(history));
      isWritten = true;
    },
    writePredictions(rows) {
      for (const row of rows) check(row, predictionSchema, `the prediction of ${row.path}`);
      start();
      writeFileAtomic(join(dir, 'predictions.jsonl'), toJsonLines(rows));
    },
    writeSuspects(rows) {
      for (const row of rows) check(row, suspectSchema, `the suspect ${row.path}`);
      start();
      writeFileAtomic(join(dir, 'suspects.jsonl'), toJsonLines(rows));
    },
    writeArtifact(name, content) {
      if (name.includes('/') || name.includes('\\') || name.startsWith('.')) {
        throw new SightlineError('option', `An artifact's name is a file name; "${name}" was given.`);
      }
      start();
      const path = join(dir, 'artifacts', name);
      if (content instanceof Uint8Array) writeFileAtomic(path, content);
      else writeJson(path, content);
    },
    finish(end) {
      if (!started && end.status !== 'complete') return;
      start();
      writeRun({ ...end, finishedAt: new Date().toISOString() });
    },
  };
}

/** A copy as JSON has it: what is infinite or not a number is null, what is undefined is left out. */
function withNulls(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Whether `dir` holds a run, finished or not. */
export function isRun(dir: string): boolean {
  return existsSync(join(dir, 'run.json'));
}
