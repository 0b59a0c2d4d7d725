/** Images that could not be read, in one error. */
import { SightlineError, shown } from '@sightline/core';

/** A file that could not be used: its path within the data set, and why. */
export interface FileFailure {
  readonly path: string;
  readonly reason: string;
}

/** One error for all files that failed: the sentence names up to three of them, and `details.failures` has all. */
export function unreadableImages(root: string, failures: readonly FileFailure[]): SightlineError {
  const named = failures.slice(0, 3).map(({ path, reason }) => `${shown(path)} (${reason})`);
  const rest = failures.length - named.length;
  const list = `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  const what = failures.length === 1 ? 'an image cannot be read' : `${failures.length} images cannot be read`;
  // A list names files, not the members of an archive.
  const fix = root.toLowerCase().endsWith('.zip') ? '' : ', and with --fix writes a list without them';
  return new SightlineError(
    'unreadable-image',
    `In ${root} ${what}: ${list}. Mend or remove ${failures.length === 1 ? 'it' : 'them'}; "sightline check" lists all${fix}.`,
    { details: { failures } },
  );
}
