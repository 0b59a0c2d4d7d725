/**
 * ONNX files of unknown origin, each in a process of its own: where ONNX Runtime crashes, never ends or takes all memory,
 * the process that asked gets an error.
 */

import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { duration, fileSize, reasonOf, SightlineError } from '@sightline/core';
import { regularFile } from '@sightline/core/files';
import {
  type PlainTensor,
  type Reply,
  type Request,
  TOO_MUCH_MEMORY,
  type UntrustedModel,
  type UntrustedSource,
} from './protocol.ts';

export interface UntrustedLimits {
  /** To open a file: reading, checking and optimizing the largest networks takes a tenth of it. */
  readonly openSeconds: number;
  /** To run one batch: the largest networks take a minute for 32 images on one core. */
  readonly runSeconds: number;
  /** Bytes of memory beside eight times the file's size: weights are held up to four times, activations of a batch once. */
  readonly memory: number;
}

const LIMITS: UntrustedLimits = { openSeconds: 300, runSeconds: 900, memory: 4e9 };
const MEMORY_PER_BYTE = 8;

/** The end of what a process printed: enough for the reason why it ended. */
const KEPT_OUTPUT = 4096;

/** From sources a TypeScript file, in a build an entry beside the bundle. */
function start(): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = new URL(isSource ? './child.ts' : './untrusted-child.js', import.meta.url);
  return fork(entry, {
    execArgv: isSource ? ['--conditions=@sightline/source'] : [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

/** A file that another process has opened. */
export class UntrustedSession {
  readonly path: string;
  readonly model: UntrustedModel;
  readonly #child: Child;

  constructor(path: string, model: UntrustedModel, child: Child) {
    this.path = path;
    this.model = model;
    this.#child = child;
  }

  /** The process that has it open. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * One output for some inputs.
   *
   * @throws SightlineError `runtime` if ONNX Runtime fails, crashes or takes too long or too much memory; the signal's reason
   */
  async run(
    feeds: Readonly<Record<string, PlainTensor>>,
    output: string,
    signal?: AbortSignal,
  ): Promise<PlainTensor> {
    return (await this.runAll(feeds, [output], signal))[0]!;
  }

  /** Several outputs, in their order; throws as `run`. */
  async runAll(
    feeds: Readonly<Record<string, PlainTensor>>,
    outputs: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly PlainTensor[]> {
    return (await this.#child.ask({ run: feeds, outputs }, signal)) as PlainTensor[];
  }

  /** Ends the process; a second call does nothing. */
  dispose(): void {
    this.#child.end();
  }
}

/**
 * Reads, checks (`readUntrusted` of @sightline/onnx) and opens an ONNX file, or a model that has a part of one inside, in
 * a process of its own.
 *
 * @throws SightlineError `missing`, `broken`, `decode`, `unsupported` or `dtype` for a file that is not read, `runtime` if
 *   ONNX Runtime refuses it, crashes, or takes too long or too much memory
 */
export async function openUntrusted(
  source: UntrustedSource,
  limits: Partial<UntrustedLimits> = {},
): Promise<UntrustedSession> {
  const all = { ...LIMITS, ...limits };
  const [path, size] =
    typeof source === 'string' ? [source, sizeOf(source)] : [source.name, source.bytes.length];
  const mostMemory = all.memory + MEMORY_PER_BYTE * size;
  const child = new Child(path, all, mostMemory);
  try {
    const model = (await child.ask({ open: source, mostMemory })) as UntrustedModel;
    return new UntrustedSession(path, model, child);
  } catch (error) {
    child.end();
    throw error;
  }
}

/** Its own process says why where there is none. */
function sizeOf(path: string): number {
  try {
    return regularFile(path).size;
  } catch {
    return 0;
  }
}

/** A process that is asked one thing at a time. */
class Child {
  readonly #path: string;
  readonly #limits: UntrustedLimits;
  readonly #mostMemory: number;
  readonly #process = start();
  #printed = '';
  /** Why it can no longer be asked. */
  #failure: SightlineError | undefined;
  #settle: ((outcome: Reply | SightlineError) => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, limits: UntrustedLimits, mostMemory: number) {
    this.#path = path;
    this.#limits = limits;
    this.#mostMemory = mostMemory;
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#printed = (this.#printed + text).slice(-KEPT_OUTPUT);
    });
    this.#process.on('message', (reply: Reply) => this.#settle?.(reply));
    this.#process.on('error', (cause) => this.#fail(`did not start: ${reasonOf(cause)}`));
    this.#process.on('close', (code, signal) => this.#fail(this.#ending(signal ?? `exit code ${code}`)));
    this.#hold(false);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Rejects with what the process replied, with why it ended, or with the signal's reason. */
  ask(request: Request, signal?: AbortSignal): Promise<unknown> {
    const asked = this.#last.then(() => this.#ask(request, signal));
    this.#last = asked.catch(() => {});
    return asked;
  }

  end(): void {
    this.#fail('was released');
    this.#process.kill('SIGKILL');
  }

  async #ask(request: Request, signal: AbortSignal | undefined): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#failure) throw this.#failure;
    const { openSeconds, runSeconds } = this.#limits;
    const [what, seconds] = 'run' in request ? ['run', runSeconds] : ['open', openSeconds];
    const stop = (why: string) => {
      this.#fail(why);
      this.#process.kill('SIGKILL');
    };
    const onAbort = () => stop('was stopped');
    const timer = setTimeout(() => stop(`did not ${what} within ${duration(seconds)}`), seconds * 1000);
    signal?.addEventListener('abort', onAbort);
    this.#hold(true);
    try {
      const outcome = await new Promise<Reply | SightlineError>((resolve) => {
        this.#settle = resolve;
        // A process that has ended says why in `close`.
        this.#process.send(request, () => {});
      });
      signal?.throwIfAborted();
      if (outcome instanceof SightlineError) throw outcome;
      if ('result' in outcome) return outcome.result;
      const { code, message, hint } = outcome.error;
      throw code ? new SightlineError(code, message, hint === undefined ? {} : { hint }) : new Error(message);
    } finally {
      this.#settle = undefined;
      this.#hold(false);
      signal?.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    }
  }

  #fail(why: string): void {
    this.#failure ??= new SightlineError('runtime', `${this.#path} ${why}.`);
    this.#settle?.(this.#failure);
  }

  /** How it ended, in words. */
  #ending(how: string): string {
    const isOutOfMemory =
      this.#printed.includes(TOO_MUCH_MEMORY) || this.#printed.includes('JavaScript heap out of memory');
    if (isOutOfMemory)
      return `takes more than ${fileSize(this.#mostMemory)} of memory: it is no classifier that can be run`;
    return `made ONNX Runtime end its process (${how}): the file is damaged, or was made to do so`;
  }

  /** Whether it keeps this process from ending: only while it is asked something. */
  #hold(isHeld: boolean): void {
    const { channel, stderr } = this.#process;
    for (const part of [this.#process, channel, stderr as Socket | null])
      isHeld ? part?.ref() : part?.unref();
  }
}
