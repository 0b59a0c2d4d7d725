/**
 * The folder of a data check: `check.json`, what was found in a data set, and `pictures.png`, a sheet of the pictures
 * that it is about. `sightline check` writes it; the site shows it beside the runs.
 */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { writeFileAtomic, writeJson } from '@sightline/core/files';
import { z } from 'zod';
import { samplesSchema } from './artifact-schema.ts';
import { readJson } from './json.ts';
import { findingSchema } from './schema.ts';

const counts = z.record(z.string(), z.number().int().nonnegative());

export const checkSchema = z.object({
  schema: z.literal(1),
  /** The data set: relative to the working folder if inside it. */
  root: z.string(),
  checkedAt: z.iso.datetime(),
  /** What makes it again. */
  command: z.string(),
  software: z.object({ sightline: z.string() }),
  classes: z.array(z.string()),
  /** Readable images by split (`all` where there is none) and class. */
  counts: z.record(z.string(), counts),
  /** Readable images by format. */
  formats: counts,
  sizes: z.object({ smallest: z.string(), median: z.string(), largest: z.string() }).nullable(),
  /** All images, the unreadable ones too. */
  images: z.number().int().nonnegative(),
  errors: z.number().int().nonnegative(),
  warnings: z.number().int().nonnegative(),
  findings: z.array(findingSchema),
  /** What the tiles of `pictures.png` show: not every picture of every finding. Null where there are none. */
  pictures: samplesSchema.nullable(),
});

export type Check = z.infer<typeof checkSchema>;

export interface LoadedCheck {
  readonly dir: string;
  readonly name: string;
  readonly check: Check;
}

/** Writes the folder, its picture first. @throws SightlineError `not-writable` */
export function writeCheck(dir: string, check: Check, pictures: Uint8Array | null): void {
  if (pictures) writeFileAtomic(join(dir, 'pictures.png'), pictures);
  writeJson(join(dir, 'check.json'), check);
}

/** The checks in a folder, by name; none where there is no such folder. Broken ones are named with the reason. */
export function listChecks(root: string): {
  checks: LoadedCheck[];
  broken: { dir: string; reason: string }[];
} {
  const found = { checks: [] as LoadedCheck[], broken: [] as { dir: string; reason: string }[] };
  if (!existsSync(root)) return found;
  for (const name of readdirSync(root).sort()) {
    const dir = join(root, name);
    if (name.startsWith('.') || !existsSync(join(dir, 'check.json'))) continue;
    try {
      found.checks.push({ dir, name, check: readJson(join(dir, 'check.json'), checkSchema) });
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      found.broken.push({ dir, reason: error.message });
    }
  }
  return found;
}
