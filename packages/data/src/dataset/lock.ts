// A data set's lock file: every image's path, label and content hash, in a text file that version control and build
// tools can watch in the images' place, and that proves later that the images are still the same.

import { readFile } from 'node:fs/promises';
import { reasonOf, SightlineError, shown } from '@sightline/core';
import { writeFileAtomic } from '@sightline/core/files';
import { z } from 'zod';
import { type Dataset, datasetHash, type Sample, SPLIT_NAMES, type Splits } from './dataset.ts';

const SHA256 = z.string().regex(/^[0-9a-f]{64}$/);
const samples = z.array(z.tuple([z.string(), z.int().nonnegative(), SHA256]));

const lockSchema = z.object({
  schema: z.literal(1),
  hash: SHA256,
  classes: z.array(z.string()),
  splits: z.object({ train: samples, validation: samples, test: samples.optional() }),
});

export interface DatasetLock {
  readonly hash: string;
  readonly classes: readonly string[];
  readonly splits: Splits;
}

/** Writes the lock: JSON with a line per image, the same bytes for the same data set. */
export async function writeLock(
  path: string,
  dataset: Pick<Dataset, 'hash' | 'classes' | 'splits'>,
): Promise<void> {
  const { hash, classes, splits } = dataset;
  const parts = SPLIT_NAMES.filter((split) => splits[split] !== undefined).map((split) => {
    const lines = splits[split]!.map(
      (sample) => `   ${JSON.stringify([sample.path, sample.label, sample.hash])}`,
    );
    return `  ${JSON.stringify(split)}: [\n${lines.join(',\n')}\n  ]`;
  });
  const text = `{
 "schema": 1,
 "hash": ${JSON.stringify(hash)},
 "classes": ${JSON.stringify(classes)},
 "splits": {\n${parts.join(',\n')}\n }\n}\n`;
  writeFileAtomic(path, text);
}

/** Reads a lock. Throws SightlineError `lock` where it is missing, no lock, or contradicts its own hash. */
export async function readLock(path: string): Promise<DatasetLock> {
  const fail = (why: string) =>
    new SightlineError('lock', `${path} is not a data set's lock file (${why}). Write it anew.`);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fail(reasonOf(error));
  });
  let parsed: z.infer<typeof lockSchema>;
  try {
    parsed = lockSchema.parse(JSON.parse(text));
  } catch (error) {
    throw fail(error instanceof z.ZodError ? z.prettifyError(error).split('\n')[0]! : reasonOf(error));
  }
  const list = (rows: z.infer<typeof samples>): Sample[] =>
    rows.map(([p, label, hash]) => ({ path: p, label, hash }));
  const { train, validation, test } = parsed.splits;
  const base = { train: list(train), validation: list(validation) };
  const splits = test === undefined ? base : { ...base, test: list(test) };
  if (datasetHash(parsed.classes, splits) !== parsed.hash) throw fail('its lines do not give its hash');
  return { hash: parsed.hash, classes: parsed.classes, splits };
}

/** Throws SightlineError `lock` that names the first differences, unless the data set is the locked one. */
export function verifyLock(
  lock: DatasetLock,
  dataset: Pick<Dataset, 'root' | 'hash' | 'classes' | 'splits'>,
): void {
  if (lock.hash === dataset.hash) return;
  const differences = [...differencesOf(lock, dataset)];
  const named = differences.slice(0, 3).join(', ');
  const more = differences.length > 3 ? ` and ${differences.length - 3} more` : '';
  throw new SightlineError(
    'lock',
    `The images in ${dataset.root} are not those of the lock file: ${named}${more}.`,
  );
}

function* differencesOf(lock: DatasetLock, now: Pick<Dataset, 'classes' | 'splits'>): Generator<string> {
  if (JSON.stringify(lock.classes) !== JSON.stringify(now.classes)) {
    yield `the classes are [${now.classes}], not [${lock.classes}]`;
  }
  for (const split of SPLIT_NAMES) {
    const [then, found] = [lock, now].map(
      ({ splits }) => new Map((splits[split] ?? []).map((s) => [s.path, s])),
    );
    for (const [path, sample] of then!) {
      const other = found!.get(path);
      if (other === undefined) yield `${shown(path)} is no longer in ${split}`;
      else if (other.hash !== sample.hash) yield `${shown(path)} has changed`;
      else if (other.label !== sample.label) yield `${shown(path)} has another label`;
    }
    for (const path of found!.keys()) if (!then!.has(path)) yield `${shown(path)} is new in ${split}`;
  }
}
