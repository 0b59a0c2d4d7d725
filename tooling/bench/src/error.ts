export type BenchErrorCode = 'benchmark' | 'program' | 'peer' | 'data';

/** What keeps a benchmark from being run, in a sentence that says what to do. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
  readonly code: BenchErrorCode;

  constructor(code: BenchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
