/** Resuming a run: only with the same data, seed and configuration. */
import { isDeepStrictEqual } from 'node:util';
import { counted, SightlineError } from '@sightline/core';
import { configOf, startOf } from '@sightline/models';
import { type LoadedRun, readRun } from '@sightline/runs';
import type { Settings } from '../config/settings.ts';

/** Whether a folder holds a run to resume. Throws SightlineError where it is damaged. */
export function isResumable(dir: string): boolean {
  try {
    startOf(dir);
    return true;
  } catch (error) {
    if (error instanceof SightlineError && error.code === 'missing') return false;
    throw error;
  }
}

/** A sentence that nothing is left to train, where the run in a folder has all of its epochs. */
export function alreadyComplete(dir: string, epochs: number): string | undefined {
  const run = lastRun(dir);
  if (run?.run.status !== 'complete' || run.history.length < epochs) return undefined;
  return `${run.name} is complete after ${counted(run.history.length, 'epoch')}: nothing is left to train`;
}

/** A sentence about the earlier run that a new one in this folder replaces. */
export function replacedRun(dir: string): string | undefined {
  const last = lastRun(dir);
  if (!last) return undefined;
  const { startedAt, seed, status } = last.run;
  const when = startedAt.slice(0, 16).replace('T', ' ');
  return `Replacing the run ${last.name} from ${when} UTC in ${dir} (seed ${seed}, ${status})`;
}

/** The run in a folder, where there is one that can be read. */
function lastRun(dir: string): LoadedRun | undefined {
  try {
    return readRun(dir);
  } catch (error) {
    if (error instanceof SightlineError) return undefined;
    throw error;
  }
}

/** A resumed run may be given more epochs. */
const mayDiffer = ['epochs'];

/** @throws SightlineError `resume` that names what differs; SightlineError where there is no run */
export function checkResumable(settings: Settings, dataHash: string): void {
  const before = startOf(settings.out);
  if (before.isUpgraded) {
    // Its random draws, and what its settings leave out, are not today's.
    const remedy = 'Train without --resume, and with --out DIR to keep it';
    throw new SightlineError(
      'resume',
      `The run in ${settings.out} can't be resumed: expected a run of this version of Sightline, but an earlier one wrote it. ${remedy}.`,
    );
  }
  // As JSON has it, like what it is compared with.
  const now = JSON.parse(JSON.stringify(configOf(settings.experiment))) as Record<string, unknown>;
  const fields = [...new Set([...Object.keys(before.config), ...Object.keys(now)])];
  const pairs: [what: string, before: unknown, now: unknown][] = [
    ['seed', before.seed, settings.seed],
    ['data set', before.data.hash, dataHash],
    ...fields
      .filter((field) => !mayDiffer.includes(field))
      .map((field): [string, unknown, unknown] => [inWords(field), before.config[field], now[field]]),
  ];
  // The order of an object's keys says nothing, and that of a file is another.
  const different = pairs.filter(([, a, b]) => !isDeepStrictEqual(a, b)).map(([what]) => what);
  if (different.length > 0) {
    const what = `it was trained with another ${different.join(' and another ')}`;
    throw new SightlineError(
      'resume',
      `The run in ${settings.out} can't be resumed: ${what}. Train without --resume.`,
    );
  }
}

/** `batchSize` as `batch size`. */
const inWords = (field: string) => field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
