/** Images that could not be read, in one error. */
import { isSightlineError, SightlineError, shown } from '@sightline/core';

/** A file that could not be used: its path within the data set, and why. */
export interface FileFailure {
  readonly path: string;
  readonly reason: string;
}

/** More names than these are no sentence: their number is said. */
const MOST_NAMES = 20;

/** One error for all files that failed: the sentence names up to 20 of them, and `details.failures` has all. */
export function unreadableImages(root: string, failures: readonly FileFailure[]): SightlineError {
  const named = failures.slice(0, MOST_NAMES);
  const rest = failures.length - named.length;
  const byReason = [...Map.groupBy(named, ({ reason }) => reason)].map(
    ([reason, files]) => `${files.map(({ path }) => shown(path)).join(', ')} (${reason})`,
  );
  const list = `${byReason.join('; ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  const what = failures.length === 1 ? 'an image cannot be read' : `${failures.length} images cannot be read`;
  // A list names files, not the members of an archive.
  const fix = root.toLowerCase().endsWith('.zip') ? '' : ', and with --fix writes a list without them';
  return new SightlineError(
    'unreadable-image',
    `In ${root} ${what}: ${list}. Mend or remove ${failures.length === 1 ? 'it' : 'them'}; "sightline check" lists all${fix}.`,
    { details: { failures } },
  );
}

/** Waits for all. Images that cannot be read in several of them are one error, which names all; else the first error. */
export async function readTogether<const Reads extends readonly unknown[]>(
  root: string,
  reads: Reads,
): Promise<{ -readonly [K in keyof Reads]: Awaited<Reads[K]> }> {
  const settled = await Promise.allSettled(reads);
  const errors = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  const other = errors.find((error) => !isSightlineError(error, 'unreadable-image'));
  if (other !== undefined) throw other;
  const failures = errors.flatMap((error) => (error as SightlineError).details.failures as FileFailure[]);
  if (failures.length > 0) throw unreadableImages(root, failures);
  return settled.map((each) => (each as PromiseFulfilledResult<unknown>).value) as never;
}
