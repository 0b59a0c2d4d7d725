/** What passes between the process that wants an ONNX file of unknown origin run and the one that runs it. */

import type { ErrorCode } from '@sightline/core';
import type { DType, TensorData, Value } from '@sightline/onnx';

export interface PlainTensor {
  readonly data: TensorData;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface Output extends Value {
  /** The operator whose result it is, behind those that leave values as they are; undefined for an input of the graph. */
  readonly operator: string | undefined;
}

/** What a file says about itself. */
export interface UntrustedModel {
  readonly metadata: Readonly<Record<string, string>>;
  /** Without those that are constants. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Output[];
}

/** A file, or the bytes of a model and what to call it. */
export type UntrustedSource = string | { readonly name: string; readonly bytes: Uint8Array };

export type Request =
  | { readonly open: UntrustedSource; readonly mostMemory: number }
  | { readonly run: Readonly<Record<string, PlainTensor>>; readonly outputs: readonly string[] };

export type Reply =
  | { readonly result: UntrustedModel | readonly PlainTensor[] }
  | { readonly error: { readonly code?: ErrorCode; readonly message: string; readonly hint?: string } };

/** Printed by a process that ends itself because it needs too much memory. */
export const TOO_MUCH_MEMORY = 'sightline: too much memory';
