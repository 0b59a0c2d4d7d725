/** Downloads a weights file into a cache: resumed where it broke off, and used only if its bytes are the published ones. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileSize, reasonOf, SightlineError } from '@sightline/core';
import { makeFolder, notWritable } from '@sightline/core/files';

/** A file whose publisher says what it holds. */
export interface RemoteFile {
  readonly url: string;
  readonly bytes: number;
  /** In hex; the one that its publisher gives. */
  readonly hash: { readonly algorithm: 'sha256' | 'md5'; readonly hex: string };
}

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  /** Called after each piece with the bytes that are there. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Attempts in a row that bring no byte. */
const ATTEMPTS = 3;
const PAUSE_MS = 500;

/**
 * The path of the file, downloaded unless it is there already. The proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`
 * are used. What came before an interruption is kept in `<path>.part`, from which the next call goes on.
 *
 * @throws SightlineError `download` if it cannot be had, or other bytes come than were published; the signal's reason if
 *   it is aborted
 */
export async function download(
  file: RemoteFile,
  path: string,
  options: DownloadOptions = {},
): Promise<string> {
  if ((await sizeOf(path)) === file.bytes) return path;
  const part = `${path}.part`;
  try {
    makeFolder(dirname(path));
  } catch (cause) {
    throw notWritable(path, cause);
  }
  const isResumed = (await sizeOf(part)) > 0;
  await complete(file, part, options);
  if (isResumed && !(await isPublished(file, part))) {
    // The older part may be of another version of the file.
    await rm(part);
    await complete(file, part, options);
  }
  if (!(await isPublished(file, part))) {
    await rm(part);
    throw failed(file, `its ${file.hash.algorithm} differs from the published ${file.hash.hex}`);
  }
  await rename(part, path);
  return path;
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

function failed({ url }: RemoteFile, reason: string, cause?: unknown): SightlineError {
  const { host } = new URL(url);
  return new SightlineError('download', `Could not download ${basename(url)} from ${host}: ${reason}.`, {
    hint: `Check the network and the proxy (HTTPS_PROXY), or download ${url} by other means and name the file.`,
    cause,
  });
}

async function isPublished({ hash }: RemoteFile, path: string): Promise<boolean> {
  const digest = createHash(hash.algorithm);
  for await (const chunk of createReadStream(path)) digest.update(chunk);
  return digest.digest('hex') === hash.hex;
}

/** Appends to the part until it has all bytes, as long as each few attempts bring some. */
async function complete(file: RemoteFile, part: string, options: DownloadOptions): Promise<void> {
  for (let fruitless = 0; ; ) {
    const before = await sizeOf(part);
    if (before === file.bytes) return;
    try {
      await append(file, part, before, options);
      return;
    } catch (cause) {
      options.signal?.throwIfAborted();
      if (cause instanceof SightlineError) throw cause;
      fruitless = (await sizeOf(part)) > before ? 0 : fruitless + 1;
      if (fruitless === ATTEMPTS) throw failed(file, networkReason(cause), cause);
      await setTimeout(PAUSE_MS * fruitless, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

/** Why there was no answer: the innermost cause knows. */
function networkReason(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  if (cause instanceof AggregateError) cause = cause.errors[0];
  return reasonOf(cause);
}

/** Fetches the bytes from `start` on. Throws a plain Error if the network fails, a SightlineError if the server does. */
async function append(
  file: RemoteFile,
  part: string,
  start: number,
  { signal, onProgress }: DownloadOptions,
): Promise<void> {
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent();
  try {
    const response = await fetch(file.url, {
      dispatcher,
      signal: signal ?? null,
      headers: { 'accept-encoding': 'identity', ...(start > 0 ? { range: `bytes=${start}-` } : {}) },
    });
    const from = beginning(file, response.status, response.headers, start);
    const handle = await open(part, from === 0 ? 'w' : 'r+');
    try {
      let at = from;
      for await (const chunk of response.body ?? []) {
        if (at + chunk.length > file.bytes) throw tooLong(file, at + chunk.length);
        await handle.write(chunk, 0, chunk.length, at);
        at += chunk.length;
        onProgress?.(at, file.bytes);
      }
      if (at < file.bytes) throw new Error(`the connection broke off after ${fileSize(at)}`);
    } finally {
      await handle.close();
    }
  } finally {
    await dispatcher.destroy();
  }
}

const tooLong = (file: RemoteFile, bytes: number) =>
  failed(file, `it has ${bytes} bytes or more, not the published ${file.bytes}`);

/** The position of the first byte that the server sends: `start`, or 0 if it does not send parts. */
function beginning(
  file: RemoteFile,
  status: number,
  headers: { get(name: string): string | null },
  start: number,
): number {
  if (status !== 200 && status !== 206) throw failed(file, `the server answered ${status}`);
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  const from = status === 206 ? Number(first) : 0;
  const announced = status === 206 ? Number(total) : Number(headers.get('content-length') ?? file.bytes);
  if (announced !== file.bytes) {
    throw failed(file, `the server announces ${announced} bytes, not the published ${file.bytes}`);
  }
  if (from !== start && from !== 0) throw failed(file, `the server sends it from byte ${from}, not ${start}`);
  return from;
}
