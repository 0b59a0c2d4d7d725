// The one error of this package: weights, images or an execution provider that cannot be used.

export type Vgg16ErrorCode = 'weights' | 'input' | 'provider';

/** Says what was expected, what came, and what to do. */
export class Vgg16Error extends Error {
  override readonly name = 'Vgg16Error';
  readonly code: Vgg16ErrorCode;

  constructor(code: Vgg16ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
