/**
 * Fetches a package's tarball with the user's own npm, and so from the registry and through the proxy that the user has
 * set up. Nothing is installed and no script of the package runs.
 */

import { spawn } from 'node:child_process';
import { SightlineError } from '@sightline/core';

/** npm's codes for a registry that cannot be reached. */
const NETWORK_CODES = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
];

/** Saves the tarball in `folder`. Throws SightlineError `download`. */
export async function npmPack(
  spec: string,
  tarball: string,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const flags = [
    '--ignore-scripts',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
    '--loglevel=error',
  ];
  const args = ['pack', spec, '--pack-destination', folder, ...flags];
  const { code, output } = await run('npm', args, signal);
  if (code === 0) return;
  throw new SightlineError(
    'download',
    `npm could not fetch ${spec} (${reasonFrom(code, output)}). The first run needs the npm registry once: check the ` +
      `network and npm's settings, or put ${tarball} into the cache folder, and run it again.`,
  );
}

function reasonFrom(code: number | string, output: string): string {
  const named = NETWORK_CODES.find((name) => output.includes(name));
  if (named !== undefined) return `no network: ${named}`;
  const line = output.split('\n').find((text) => /^npm error (?!code|errno)/.test(text));
  return line?.replace('npm error ', '').trim() ?? `npm ended with ${code}`;
}

function run(
  command: string,
  args: string[],
  signal?: AbortSignal,
): Promise<{ code: number | string; output: string }> {
  return new Promise((resolve, reject) => {
    // npm is a .cmd file on Windows, which only a shell starts; every argument here is free of spaces but the folder.
    const windows = process.platform === 'win32';
    const quoted = windows ? args.map((arg) => `"${arg}"`) : args;
    const child = spawn(command, quoted, {
      shell: windows,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stderr.on('data', (part: Buffer) => parts.push(part));
    const output = () => Buffer.concat(parts).toString();
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.name === 'AbortError') reject(error);
      else resolve({ code: error.code ?? error.message, output: `${output()}\nnpm error ${error.message}` });
    });
    child.on('close', (code, killed) => resolve({ code: code ?? killed ?? 'a signal', output: output() }));
  });
}
