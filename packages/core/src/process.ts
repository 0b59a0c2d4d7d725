/** Processes of this machine, and folders that one of them uses at a time. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { SightlineError } from './error.ts';
import { makeFolder, notWritable } from './files.ts';

/** Whether a process of this machine runs; false where none is named. */
export function isAlive(pid: number | undefined): boolean {
  if (!pid) return false;
  try {
    // Signal 0 sends nothing and only asks.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

interface Holder {
  readonly pid: number;
  readonly host: string;
}

/**
 * Take a folder for this process, until the function that comes back is called. The lock is a file beside the folder,
 * `.<name>.lock`; one that a killed process left is taken over.
 *
 * @throws SightlineError `busy` that names the process that holds it, `not-writable`
 */
export function lockFolder(folder: string): () => void {
  const path = join(dirname(folder), `.${basename(folder)}.lock`);
  const own: Holder = { pid: process.pid, host: hostname() };
  const holder = take(path, own);
  if (holder) throw busy(folder, path, holder, own.host);
  return () => {
    if (isOwn(read(path), own)) rmSync(path, { force: true });
  };
}

/** Whoever holds the lock; undefined where it is this process now. */
function take(path: string, own: Holder): Holder | undefined {
  try {
    makeFolder(dirname(path));
  } catch (cause) {
    throw notWritable(dirname(path), cause);
  }
  try {
    writeFileSync(path, JSON.stringify(own), { flag: 'wx' });
    return undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritable(path, cause);
  }
  const holder = read(path);
  if (holder && !isOwn(holder, own) && (holder.host !== own.host || isAlive(holder.pid))) return holder;
  // It was killed, or cut off while it wrote its name. Of two that find it so, the first to make the file anew has it.
  rmSync(path, { force: true });
  return take(path, own);
}

const isOwn = (holder: Holder | undefined, own: Holder): boolean =>
  holder?.pid === own.pid && holder.host === own.host;

function read(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function busy(folder: string, path: string, { pid, host }: Holder, here: string): SightlineError {
  return host === here
    ? new SightlineError(
        'busy',
        `${folder} is in use by process ${pid}: wait until it ends, stop it, or choose another folder with --out.`,
      )
    : new SightlineError(
        'busy',
        `${folder} is in use by process ${pid} on ${host}: wait until it ends, or, if it no longer runs, delete ${path}.`,
      );
}
