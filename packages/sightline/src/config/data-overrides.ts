/** What the caller says about the images, in the words of the command line, over an experiment's own `data`. */

import { type DataOptions, parseDataOptions } from '@sightline/models/experiment';
import type { Run } from '@sightline/runs';

export interface DataOverrides {
  /** A regular expression on paths; images with the same match are held out together. */
  readonly group?: string | undefined;
  /** Classes to leave out. */
  readonly ignoreClass?: readonly string[] | undefined;
  /** Names of the columns of a table. */
  readonly pathColumn?: string | undefined;
  readonly labelColumn?: string | undefined;
  readonly splitColumn?: string | undefined;
  readonly groupColumn?: string | undefined;
  /** The share of each class that is held out where the images come without a validation split. Default: 0.2. */
  readonly validationFraction?: number | undefined;
  /** Trains in spite of errors in the data set. */
  readonly allowErrors?: boolean | undefined;
}

/** How images are opened: `options`, with those that the caller sets in their place. */
export function dataOptionsOf(overrides: DataOverrides, options: DataOptions = {}): DataOptions {
  const { group, ignoreClass, validationFraction, allowErrors } = overrides;
  const { pathColumn: path, labelColumn: label, splitColumn: split, groupColumn: ofGroup } = overrides;
  const columns = { ...options.columns, ...set({ path, label, split, group: ofGroup }) };
  return {
    ...options,
    ...set({ group, ignoreClasses: ignoreClass, validationFraction, allowErrors }),
    ...(Object.keys(columns).length > 0 ? { columns } : {}),
  };
}

/** The fields that are there. */
const set = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

/** Those of the overrides that are about the images, to be typed again. */
export const dataOverridesOf = ({
  group,
  ignoreClass,
  pathColumn,
  labelColumn,
  splitColumn,
  groupColumn,
  validationFraction,
}: DataOverrides): DataOverrides => ({
  ...{ group, ignoreClass, pathColumn, labelColumn, splitColumn, groupColumn, validationFraction },
});

/** How a run's images were opened. */
export const recordedDataOptions = ({ experiment, data }: Run): DataOptions =>
  parseDataOptions(data.options ?? {}, `The run ${experiment}: data.options`);
