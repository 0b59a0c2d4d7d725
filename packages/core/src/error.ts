/** What can go wrong, by code: a program can act on the code, a person reads the message. */
export const ERROR_CODES = {
  usage: 'The command line cannot be understood.',
  option: 'An argument is outside of what is allowed.',
  config: 'A configuration or an experiment has a field that is unknown or wrong.',
  missing: 'A file, folder or run that was asked for does not exist.',
  broken: 'A file exists, but its content is not what it should be.',
  unsupported: 'A file, kernel or platform of a kind that is not supported.',
  'not-writable': 'A file or folder cannot be written.',
  busy: 'A folder is used by another process.',
  data: 'A data set cannot be used for this.',
  'missing-folder': 'A data set does not exist.',
  'unreadable-folder': 'A data set cannot be listed.',
  empty: 'There is nothing to work on: no images, no rows, no values.',
  'empty-class': 'A class has no images.',
  'one-class': 'A data set has fewer than two classes.',
  classes: 'Classes differ from those that were expected.',
  'file-name': 'A file name cannot be used.',
  'link-loop': 'A symbolic link leads back to itself.',
  'unreadable-image': 'An image cannot be decoded; `details.failures` lists the files.',
  zip: 'A zip archive is damaged or unsafe.',
  table: 'A table of paths and labels is not well formed.',
  download: 'A download failed.',
  cache: 'A cache folder cannot be used.',
  memory: 'Too little memory for what was asked.',
  'damaged-cache': 'A cached file is not what was written.',
  lock: 'A folder holds something else than its lock file says.',
  worker: 'A worker thread ended unexpectedly.',
  shape: 'An array has the wrong shape or size.',
  dtype: 'An array has the wrong element type.',
  attribute: 'An ONNX operator has a wrong attribute.',
  graph: 'An ONNX graph is not well formed.',
  decode: 'Bytes are not an ONNX model.',
  network: 'A network cannot be trained or built as asked.',
  'saved-model': 'A saved model is damaged or of another kind.',
  'unsupported-layer': 'A layer cannot be read, exported or trained.',
  'export-differs': 'An exported model gives other outputs than the network.',
  diverged: 'Training diverged: a loss or a weight is not finite.',
  resume: 'A run cannot be resumed as asked.',
  weights: 'A weights file is damaged or lacks a tensor.',
  input: 'Images or features have the wrong size or count.',
  provider: 'No execution provider that was asked for works.',
  'provider-missing': 'An execution provider is not available.',
  'engine-missing': 'An engine is not installed or does not load.',
  lowering: 'A kernel cannot be lowered to ONNX.',
  runtime: 'ONNX Runtime refused or failed to run a graph.',
  disposed: 'A tensor or a compiled step was used after it was disposed.',
  'not-compilable': 'A step cannot be compiled.',
  'not-finite': 'A step computed a NaN or an infinity.',
  signature: 'A compiled step was called with inputs that do not fit it.',
  'no-runs': 'There are no runs to report on.',
  'not-a-site': 'The output folder holds something other than a site.',
  port: 'A port is taken or may not be used.',
  program: 'Another program could not be started, failed or broke off.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface SightlineErrorOptions extends ErrorOptions {
  /** What to do about it, where the message itself does not say it: one sentence. */
  readonly hint?: string;
  /** Facts for programs: for `unreadable-image`, `failures`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The error of all packages: the fault lies in what came in (a file, an option, a machine), not in Sightline.
 * Its message is one sentence or two for a person: what was expected, what came, and what to do.
 */
export class SightlineError extends Error {
  override readonly name = 'SightlineError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: SightlineErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** Whether `error` is a SightlineError, and where a code is given, of that code. */
export function isSightlineError(error: unknown, code?: ErrorCode): error is SightlineError {
  return error instanceof SightlineError && (code === undefined || error.code === code);
}
