// The one error of this package: a picture that cannot be drawn from what came in.

/** Why a picture could not be drawn: a wrong shape, a wrong number, or an empty series. */
export type VizErrorCode = 'shape' | 'option' | 'empty';

/** Thrown by every function of the package; its message names the argument, what was expected and what came. */
export class VizError extends Error {
  readonly code: VizErrorCode;

  constructor(code: VizErrorCode, message: string) {
    super(message);
    this.name = 'VizError';
    this.code = code;
  }
}
