/** What went wrong with a run folder, an array file or a checkpoint. */
export type RunsErrorCode =
  | 'missing' // a folder or file that was asked for isn't there
  | 'broken' // a file is there, but it isn't what it should be
  | 'unsupported' // a file of another version or kind than can be read here
  | 'invalid-argument' // the caller passed something that can't be written
  | 'not-writable';

/** An error whose message says what was expected, what was found and what to do. */
export class RunsError extends Error {
  override readonly name = 'RunsError';
  readonly code: RunsErrorCode;

  constructor(code: RunsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
