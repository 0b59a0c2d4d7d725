/** Checking a data set before it is trained on, with the list of its good images and what the site shows of it. */

import { counted, listed, SightlineError, shown } from '@sightline/core';
import * as data from '@sightline/data';
import { commandOf, optionWords } from '../config/command-line.ts';
import { type DataOverrides, dataOptionsOf, dataOverridesOf } from '../config/data-overrides.ts';
import { type WorkOptions, workOf } from '../events.ts';
import { checkCleanTable, cleanTablePath, writeCleanTable } from './clean-table.ts';
import { openOptions } from './open-in-order.ts';
import { saveCheck } from './save-check.ts';

export interface CheckDatasetOptions extends WorkOptions, Omit<DataOverrides, 'allowErrors'> {
  /** Writes a table of the images that passed every check: its path, or true for `DIR.clean.csv` beside the folder. */
  readonly fix?: string | true | undefined;
  /** Writes the table even where a class loses more than 5 % of its images. */
  readonly allowLosses?: boolean | undefined;
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
  { fix, allowLosses = false, save, ...options }: CheckDatasetOptions = {},
): Promise<CheckedDataset> {
  const { signal, emit } = workOf(options);
  const file = fix === true ? cleanTablePath(root) : fix;
  if (file !== undefined) checkCleanTable(root, file);
  const report = await data.checkDataset(root, {
    ...openOptions(dataOptionsOf(options)),
    signal,
    onProgress: ({ done, total }) => emit({ event: 'progress', what: 'checking', done, total }),
  });
  if (save !== undefined) {
    await saveCheck(
      save,
      report,
      commandOf('check', root, ...optionWords(dataOverridesOf(options)), '--save', save),
    );
  }
  const saved = save === undefined ? {} : { saved: save };
  if (file === undefined) return { ...report, ...saved };
  const list = data.cleanList(report);
  const { rows, ...left } = list;
  if (!allowLosses) refuseLosses(root, left.losses);
  await writeCleanTable(root, rows, file);
  return { ...report, ...saved, fix: { file, kept: rows.length, ...left } };
}

/** A list that guts a class is worse than none: images of it look alike by their nature, or are also in another class. */
function refuseLosses(root: string, losses: data.CleanList['losses']): void {
  if (losses.length === 0) return;
  const lost = losses.map(
    ({ className, images, leftOut }) => `${shown(className)} ${leftOut} of its ${counted(images, 'image')}`,
  );
  const more = lost.length - MOST_NAMED;
  const words = more > 0 ? [...lost.slice(0, MOST_NAMED), `${more} more`] : lost;
  throw new SightlineError('data', `The list would take from ${listed(words)}.`, {
    hint: `See "sightline check ${root}" for what is wrong with them. To leave them out all the same, add --allow-losses.`,
  });
}

/** Classes that an error names. */
const MOST_NAMED = 5;
