// The one error of this package: a site that cannot be built or served.

/**
 * `no-runs`: nothing to report on; `not-a-site`: the output folder holds something else, which would be lost;
 * `missing`: no site to serve; `not-writable`: the output folder cannot be made or written; `port`: the port is taken or
 * may not be used.
 */
export type ReportErrorCode = 'no-runs' | 'not-a-site' | 'missing' | 'not-writable' | 'port';

/** Its message says what was expected, what was found and what to do. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
  readonly code: ReportErrorCode;

  constructor(code: ReportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
