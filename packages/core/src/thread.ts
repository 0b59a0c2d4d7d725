/**
 * Readers of files on a thread that can be ended. Libraries in WebAssembly can do nothing outside their memory, but a
 * damaged file can keep one busy for ever.
 */
import { parentPort, Worker } from 'node:worker_threads';
import { type ErrorCode, isSightlineError, SightlineError } from './error.ts';
import { duration } from './words.ts';

type Outcome<Result> =
  | { readonly isReady: true }
  | { readonly result: Result }
  | { readonly message: string; readonly code: ErrorCode | undefined };

const ENDED = 'the thread that reads it ended';

/** Half a gigabyte is read in seconds: ten times as long on a machine with other work. */
export const secondsToRead = (bytes: number): number => 60 + bytes / 5e6;

/** Flags of Node by which modules are found and loaded. */
const MODULE_FLAG = /^(--conditions|-C|--import|--require|-r)(=.*)?$/;

/**
 * `execArgv` for a thread or a process that runs a file. Undefined: this process's own flags are inherited. Where it says
 * by `--input-type` what comes by `--eval` or standard input, with which Node runs no file, the flags by which modules are
 * found and loaded.
 */
export function flagsForFile(flags: readonly string[] = process.execArgv): string[] | undefined {
  if (!flags.some((flag) => flag.startsWith('--input-type'))) return undefined;
  return flags.flatMap((flag, i) => {
    const [, name, value] = MODULE_FLAG.exec(flag) ?? [];
    if (name === undefined) return [];
    return value === undefined ? [flag, flags[i + 1]!] : [flag];
  });
}

/** A thread that reads one file after the other. */
export class ReaderThread<Job, Result> {
  readonly #worker: Worker;
  readonly #isReady: Promise<Outcome<Result>>;
  #hasEnded = false;

  /** @param entry a module that calls `serveReader` */
  constructor(entry: URL) {
    // What a library prints of damage is kept from the terminal.
    this.#worker = new Worker(entry, { execArgv: flagsForFile(), stdout: true, stderr: true });
    this.#worker.once('exit', () => (this.#hasEnded = true));
    this.#isReady = this.#next();
  }

  /**
   * What the reader returns. Throws its SightlineErrors as they are, an Error for anything else and where it takes more
   * than some seconds.
   */
  async read(job: Job, seconds: number): Promise<Result> {
    await this.#isReady;
    if (this.#hasEnded) throw new Error(ENDED);
    this.#worker.postMessage(job);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`it could not be read within ${duration(seconds)}: the file is damaged`);
      timer = setTimeout(() => reject(error), seconds * 1000);
    });
    try {
      const outcome = await Promise.race([this.#next(), late]);
      if ('result' in outcome) return outcome.result;
      const { message, code } = outcome as Extract<Outcome<Result>, { message: string }>;
      throw code === undefined ? new Error(message) : new SightlineError(code, message);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the thread, in the middle of what it does. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #next(): Promise<Outcome<Result>> {
    const worker = this.#worker;
    const { promise, resolve, reject } = Promise.withResolvers<Outcome<Result>>();
    const onExit = () => reject(new Error(ENDED));
    worker.once('message', resolve).once('error', reject).once('exit', onExit);
    const settled = promise.finally(() =>
      worker.off('message', resolve).off('error', reject).off('exit', onExit),
    );
    // One that nobody waits for any longer, because it came too late, may fail unseen.
    settled.catch(() => {});
    return settled;
  }
}

/** One file on a thread of its own, which is ended then; see `ReaderThread`. */
export async function readOnThread<Job, Result>(entry: URL, job: Job, seconds: number): Promise<Result> {
  const thread = new ReaderThread<Job, Result>(entry);
  try {
    return await thread.read(job, seconds);
  } finally {
    await thread.end();
  }
}

/** The thread's own side: answers each job by `read`, whose result is copied to the other thread. */
export function serveReader<Job, Result>(read: (job: Job) => Promise<Result>): void {
  const post = (outcome: Outcome<Result>) => parentPort!.postMessage(outcome);
  parentPort!.on('message', async (job: Job) => {
    try {
      post({ result: await read(job) });
    } catch (error) {
      const { message } = error as Error;
      post({ message, code: isSightlineError(error) ? error.code : undefined });
    }
  });
  post({ isReady: true });
}
