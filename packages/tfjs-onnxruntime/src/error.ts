// The one error of this package.

export type EngineErrorCode =
  | 'unsupported'
  | 'lowering'
  | 'runtime'
  | 'disposed'
  | 'not-compilable'
  | 'not-finite'
  | 'signature'
  | 'engine-missing'
  | 'provider-missing';

/** Names the kernel, engine or provider that is wrong: what was expected, what came, what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
