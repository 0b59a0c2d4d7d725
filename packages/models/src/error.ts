// The one error of this package: a network, a configuration, a saved model or a training run that cannot go on.

export type ModelErrorCode =
  | 'network'
  | 'config'
  | 'data'
  | 'saved-model'
  | 'unsupported-layer'
  | 'export-differs'
  | 'diverged'
  | 'resume';

/** Says what was expected, what came, and what to do. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
