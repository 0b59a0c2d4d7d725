/** Checking a data set before it is trained on, with the list of its good images and what the site shows of it. */

import * as data from '@sightline/data';
import { commandOf } from '../config/command-line.ts';
import { type WorkOptions, workOf } from '../events.ts';
import { checkCleanTable, cleanTablePath, writeCleanTable } from './clean-table.ts';
import { saveCheck } from './save-check.ts';

export interface CheckDatasetOptions extends WorkOptions, data.OutlineOptions {
  /** Writes a table of the images that passed every check: its path, or true for `DIR.clean.csv` beside the folder. */
  readonly fix?: string | true | undefined;
  /** A folder that keeps the findings with pictures, for the report. */
  readonly save?: string | undefined;
}

export interface CheckedDataset extends data.CheckReport {
  readonly saved?: string;
  readonly fix?: Omit<data.CleanList, 'rows'> & { readonly file: string; readonly kept: number };
}

/** @see checkDataset in the package's index */
export async function checkDataset(
  root: string,
  { fix, save, ...options }: CheckDatasetOptions = {},
): Promise<CheckedDataset> {
  const { signal: _signal, onEvent: _onEvent, ...outline } = options;
  const { signal, emit } = workOf(options);
  const file = fix === true ? cleanTablePath(root) : fix;
  if (file !== undefined) checkCleanTable(root, file);
  const report = await data.checkDataset(root, {
    ...outline,
    signal,
    onProgress: ({ done, total }) => emit({ event: 'progress', what: 'checking', done, total }),
  });
  if (save !== undefined) {
    await saveCheck(save, report, commandOf('check', root, '--save', save));
  }
  const saved = save === undefined ? {} : { saved: save };
  if (file === undefined) return { ...report, ...saved };
  const list = data.cleanList(report);
  const { rows, ...left } = list;
  await writeCleanTable(root, rows, file);
  return { ...report, ...saved, fix: { file, kept: rows.length, ...left } };
}
