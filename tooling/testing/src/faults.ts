/**
 * Faults of the file system, injected: the k-th call on a path below a folder fails with a system error, or the process
 * is as if killed there, that is, no later call has any effect either. Patches Node's `fs` in this process.
 */
import fs, { promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

type Fault = 'ENOSPC' | 'EIO' | 'EACCES' | 'EROFS' | 'kill';
const FAULTS: readonly Fault[] = ['ENOSPC', 'EIO', 'EACCES', 'kill'];

/** Calls by path that read or change what lies there. */
const CALLS = [
  'accessSync',
  'copyFileSync',
  'existsSync',
  'linkSync',
  'mkdirSync',
  'openSync',
  'readdirSync',
  'readFileSync',
  'renameSync',
  'rmSync',
  'statSync',
  'unlinkSync',
  'utimesSync',
  'writeFileSync',
] as const;
/** Calls by a file's number. */
const ON_OPEN_FILES = ['writeSync', 'readSync', 'fstatSync', 'ftruncateSync', 'closeSync'] as const;
const ASYNC = [
  'mkdir',
  'open',
  'readFile',
  'rename',
  'rm',
  'stat',
  'unlink',
  'writeFile',
  'readdir',
] as const;

type AnyFunction = (...args: unknown[]) => unknown;

/** The error of a process that is no more: whoever catches it cannot do anything either. */
class Killed extends Error {
  override readonly name = 'Killed';
}

/**
 * Run `work` with the fault at call number `at`, counted from 1, of those on paths below `root`.
 *
 * @returns how many calls there were, and whether the fault was reached
 */
export async function withFault(
  root: string,
  fault: Fault,
  at: number,
  work: () => unknown,
): Promise<{ calls: number; wasReached: boolean; error: unknown }> {
  let calls = 0;
  let isDead = false;
  const ours = new Set<number>();
  const check = (name: string) => {
    if (isDead) throw new Killed(`killed before ${name}`);
    if (++calls !== at) return;
    if (fault === 'kill') {
      isDead = true;
      throw new Killed(`killed at ${name}`);
    }
    throw Object.assign(new Error(`${fault}: injected at ${name}`), { code: fault, syscall: name });
  };
  const isBelow = (path: unknown) => typeof path === 'string' && path.startsWith(root);
  const undo: (() => void)[] = [];
  const patch = (object: object, name: string, replace: (original: AnyFunction) => AnyFunction) => {
    const target = object as Record<string, AnyFunction>;
    const original = target[name]!;
    target[name] = replace(original);
    undo.push(() => {
      target[name] = original;
    });
  };
  for (const name of CALLS) {
    patch(fs, name, (original) => (path, ...rest) => {
      if (!isBelow(path)) return original.call(fs, path, ...rest);
      // It throws nothing, whatever happens: a disk that fails says that there is nothing.
      if (name === 'existsSync') return original.call(fs, path);
      check(name);
      const result = original.call(fs, path, ...rest);
      if (name === 'openSync') ours.add(result as number);
      return result;
    });
  }
  for (const name of ON_OPEN_FILES) {
    patch(fs, name, (original) => (file, ...rest) => {
      // A file that is closed is closed, dead or alive: the system does it.
      if (ours.has(file as number) && name !== 'closeSync') check(name);
      return original.call(fs, file, ...rest);
    });
  }
  for (const name of ASYNC) {
    patch(promises, name, (original) => async (path, ...rest) => {
      if (!isBelow(path)) return original.call(promises, path, ...rest);
      check(name);
      const result = await original.call(promises, path, ...rest);
      if (name === 'open') {
        for (const method of ['writev', 'write', 'writeFile', 'read', 'stat', 'utimes'] as const) {
          patch(result as object, method, (own) => async (...args) => {
            check(method);
            return own.apply(result, args);
          });
        }
      }
      return result;
    });
  }
  syncBuiltinESMExports();
  let error: unknown;
  try {
    await work();
  } catch (cause) {
    error = cause;
  } finally {
    for (const each of undo) each();
    syncBuiltinESMExports();
  }
  return { calls, wasReached: calls >= at, error };
}

export interface FaultReport {
  readonly calls: number;
  readonly injected: number;
}

/**
 * For each fault and each call of `work`: from the state that `prepare` makes in a new folder, let the call fail; then
 * `verify` must find the old or the new state, whole, and `work` once more without a fault must end in the new one.
 */
export async function failEachCall(options: {
  /** Makes a new folder with the old state. */
  readonly prepare: () => string | Promise<string>;
  readonly work: (root: string) => unknown;
  /** Throws unless what is there is whole; says which state it is. */
  readonly read: (root: string) => 'old' | 'new' | Promise<'old' | 'new'>;
  /** Errors that may reach the caller, besides the kill. */
  readonly isExpected?: (error: unknown) => boolean;
}): Promise<FaultReport> {
  const { prepare, work, read, isExpected = isSystemOrOwn } = options;
  let [calls, injected] = [0, 0];
  for (const fault of FAULTS) {
    for (let at = 1; ; at++) {
      const root = await prepare();
      const result = await withFault(root, fault, at, () => work(root));
      if (!result.wasReached) {
        calls = Math.max(calls, result.calls);
        break;
      }
      injected++;
      const where = `${fault} at call ${at}`;
      if (result.error !== undefined && !(result.error instanceof Killed) && !isExpected(result.error)) {
        throw new Error(`${where}: an unexpected error`, { cause: result.error });
      }
      try {
        await read(root);
        await work(root);
        if ((await read(root)) !== 'new') throw new Error('the next run did not end in the new state');
      } catch (cause) {
        throw new Error(`${where}: ${(cause as Error).message}`, { cause });
      }
    }
  }
  return { calls, injected };
}

const isSystemOrOwn = (error: unknown): boolean =>
  (error as Error).name === 'SightlineError' || typeof (error as NodeJS.ErrnoException).code === 'string';
