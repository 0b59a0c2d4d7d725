// The one error of this package: a graph that is not well formed, or bytes that are not ONNX.

export type OnnxErrorCode = 'shape' | 'dtype' | 'attribute' | 'graph' | 'decode';

/** Says which operator or part of a model is wrong: what was expected, and what came. */
export class OnnxError extends Error {
  override readonly name = 'OnnxError';
  readonly code: OnnxErrorCode;

  constructor(code: OnnxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
