// The one error of this package, and how a system error becomes a reason a person can read.

/** What went wrong with somebody's data. */
export type DataErrorCode =
  | 'missing-folder'
  | 'unreadable-folder'
  | 'empty'
  | 'empty-class'
  | 'one-class'
  | 'classes'
  | 'file-name'
  | 'link-loop'
  | 'unreadable-image'
  | 'zip'
  | 'table'
  | 'option'
  | 'network'
  | 'cache'
  | 'memory'
  | 'damaged-cache'
  | 'lock'
  | 'worker';

/** One file that could not be used: its path as the data set gives it, and why. */
export interface FileFailure {
  readonly path: string;
  readonly reason: string;
}

/** Thrown by every function of the package; its message says what was expected, what came and what to do. */
export class DataError extends Error {
  readonly code: DataErrorCode;
  /** The files at fault, where the fault is in files. */
  readonly failures: readonly FileFailure[];

  constructor(code: DataErrorCode, message: string, failures: readonly FileFailure[] = []) {
    super(message);
    this.name = 'DataError';
    this.code = code;
    this.failures = failures;
  }
}

const SYSTEM_REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'there is no right to read it',
  EPERM: 'there is no right to read it',
  EISDIR: 'it is a folder',
  ELOOP: 'its link leads back to itself',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open',
  ENOTDIR: 'it is not a folder',
  EEXIST: 'it is not a folder',
  ENOSPC: 'no space is left on the disk',
  EROFS: 'the disk is read-only',
};

/** Says in words why a file could not be read: the system's code where it is a known one, else the message's first line. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const known = code === undefined ? undefined : SYSTEM_REASONS[code];
  if (known !== undefined) return known;
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0]!.trim();
}

/** Shows a path in a sentence: quoted, with control characters and bytes that are not text escaped. */
export function shown(path: string): string {
  return JSON.stringify(path).replace(
    UNSEEN,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What JSON leaves as it is though a terminal obeys it or shows nothing: C1 controls, line and text direction marks. */
const UNSEEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** One error for all files that failed: the sentence names up to three of them, and `failures` has all. */
export function unreadableImages(root: string, failures: readonly FileFailure[]): DataError {
  const named = failures.slice(0, 3).map(({ path, reason }) => `${shown(path)} (${reason})`);
  const rest = failures.length - named.length;
  const list = `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  const what = failures.length === 1 ? 'an image cannot be read' : `${failures.length} images cannot be read`;
  return new DataError(
    'unreadable-image',
    `In ${root} ${what}: ${list}. Mend or remove ${failures.length === 1 ? 'it' : 'them'}; "sightline check" lists all, and with --fix writes a list without them.`,
    failures,
  );
}
