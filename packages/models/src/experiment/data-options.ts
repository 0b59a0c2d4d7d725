/** How a data set is opened for an experiment: which images belong to it, and which of them are held out. */

import { flag, group, number, parse } from '@sightline/core/schema';
import { z } from 'zod';

const column = () => z.string('the name of a column').min(1, 'the name of a column').optional();

export const dataOptionsSchema = group({
  group: z
    .string('a regular expression')
    .min(1, 'a regular expression')
    .optional()
    .describe(
      'A regular expression on paths, such as (\\d+)_\\d+: images with the same match, or the same first group of it (an object, camera or patient), are held out together.',
    ),
  ignoreClasses: z
    .array(z.string('the name of a class').min(1, 'the name of a class'), 'a list of classes')
    .readonly()
    .optional()
    .describe('Classes to leave out.'),
  columns: group({
    path: column().describe("The table's column of paths."),
    label: column().describe("The table's column of labels."),
    split: column().describe("The table's column of splits: train, validation or test."),
    group: column().describe("The table's column of groups: images that are held out together."),
  })
    .optional()
    .meta({
      description: "The names of a table's columns.",
      defaultText: 'the usual ones, such as path, label, split and group',
    }),
  validationFraction: number({ over: 0, below: 1 }).optional().meta({
    description: 'The share of each class that is held out where the images come without a validation split.',
    defaultText: '0.2',
  }),
  allowErrors: flag()
    .optional()
    .meta({ description: 'Train in spite of errors in the data set.', defaultText: 'false' }),
});

/** What is set of them; the data package has the defaults. */
export type DataOptions = z.output<typeof dataOptionsSchema>;

/** @throws SightlineError `config` with the first field that is wrong; `where` says whose it is */
export const parseDataOptions = (value: unknown, where: string): DataOptions =>
  parse(dataOptionsSchema, value, where);
