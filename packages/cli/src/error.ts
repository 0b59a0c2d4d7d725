/** What a command was asked that it can't do: a message that says what was expected, what was found, what to do. */
export type CliErrorCode = 'usage' | 'config' | 'missing' | 'data';

export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Sightline's own errors carry a sentence for the user; all others are faults of the program. */
export function isForUser(error: unknown): error is Error & { code: string } {
  const names = /^(Cli|Data|Engine|Model|Onnx|Report|Runs|Vgg16|Viz)Error$/;
  return (
    error instanceof Error && names.test(error.name) && typeof (error as { code?: unknown }).code === 'string'
  );
}
