// Serves a built site to this machine alone: on loopback, under loopback's own names, and nothing but the regular files
// inside the site's folder.

import { constants, existsSync } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';
import { SightlineError } from '@sightline/core';

export interface ServeOptions {
  /** The folder of the site. */
  dir: string;
  /** Default: 4321; 0 takes any that is free. */
  port?: number;
}

export interface SiteServer {
  url: string;
  close(): Promise<void>;
}

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.wasm': 'application/wasm',
};

/** Names of this machine alone. Any other would be a foreign page's name that was pointed here (DNS rebinding). */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A file as it is sent. */
export interface SiteFile {
  /** The ending of its name, by which browsers are told what it is. */
  type: string;
  bytes: Uint8Array;
}

/** What is at an address: a file, another address from the site's root, or nothing. */
type LookUp = (address: string) => Promise<SiteFile | { location: string } | null>;

/**
 * Starts to serve.
 * @throws SightlineError `missing` where there is no site, `port` where the port is taken or forbidden
 */
export async function serveSite({ dir, port = 4321 }: ServeOptions): Promise<SiteServer> {
  return listenOnLoopback(port, await siteFolder(dir));
}

/** The files of a site's folder. @throws SightlineError `missing` where there is no site */
export async function siteFolder(dir: string): Promise<(address: string) => Promise<SiteFile | null>> {
  const root = resolve(dir);
  if (!existsSync(join(root, 'index.html'))) {
    throw new SightlineError(
      'missing',
      `There is no site in ${root} (no index.html). Build it first: sightline report.`,
    );
  }
  const real = await realpath(root);
  return (address) => readInside(real, address).catch(() => null);
}

/**
 * Serves to this machine alone.
 * @param special answers of their own, by their address
 * @throws SightlineError `port` where the port is taken or forbidden
 */
export async function listenOnLoopback(
  port: number,
  lookUp: LookUp,
  special: Readonly<Record<string, (response: ServerResponse) => void>> = {},
): Promise<SiteServer> {
  const server = createServer((request, response) => void respond(lookUp, special, request, response));
  await new Promise<void>((started, failed) => {
    server.once('error', (cause: NodeJS.ErrnoException) => failed(portError(port, cause)));
    try {
      server.listen(port, '127.0.0.1', started);
    } catch (cause) {
      failed(portError(port, cause as NodeJS.ErrnoException));
    }
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  lookUp: LookUp,
  special: Readonly<Record<string, (response: ServerResponse) => void>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff');
  const refuse = (status: number, sentence: string) => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${sentence}\n`);
  };
  const host = (request.headers.host ?? '').replace(/:\d*$/, '').toLowerCase();
  if (!LOOPBACK.has(host)) return refuse(421, 'This server answers to localhost only.');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(405, 'Only GET and HEAD are answered.');
  const address = addressOf(request.url ?? '/');
  if (address === null) return refuse(404, 'There is no such page.');
  if (Object.hasOwn(special, address)) return special[address]!(response);
  let found: Awaited<ReturnType<LookUp>>;
  try {
    found = await lookUp(address);
  } catch (error) {
    return refuse(500, `This page could not be made: ${(error as Error).message}`);
  }
  if (found === null) return refuse(404, 'There is no such page.');
  // The site may be built again at any moment: the browser keeps nothing.
  response.setHeader('cache-control', 'no-store');
  if ('location' in found) {
    response.writeHead(302, { location: `/${found.location}` }).end();
    return;
  }
  response.writeHead(200, {
    'content-type': contentTypes[found.type] ?? 'application/octet-stream',
    'content-length': found.bytes.length,
  });
  response.end(request.method === 'HEAD' ? undefined : found.bytes);
}

/** The path that a request names, without escapes; null where it is none. */
function addressOf(url: string): string | null {
  try {
    const address = decodeURIComponent(url.split(/[?#]/, 1)[0]!);
    return address.includes('\0') ? null : address;
  } catch {
    return null;
  }
}

/**
 * The file that an address means; null for one that leads out of the site, by `..` or by a symbolic link, and for what
 * is no regular file. Rejects where there is none.
 */
async function readInside(root: string, address: string): Promise<SiteFile | null> {
  const path = await realpath(join(root, address.endsWith('/') ? `${address}index.html` : address));
  if (!path.startsWith(root + sep)) return null;
  // A named pipe would wait for a writer; opened so, it does not, and is refused below.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    return (await file.stat()).isFile() ? { type: extname(path), bytes: await file.readFile() } : null;
  } finally {
    await file.close();
  }
}

function portError(port: number, cause: NodeJS.ErrnoException): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} is taken by another program.`,
    EACCES: `Port ${port} needs more rights.`,
    ERR_SOCKET_BAD_PORT: `${port} is not a port: expected a whole number from 0 to 65535.`,
  };
  const reason = reasons[cause.code ?? ''] ?? `Port ${port} cannot be used (${cause.code}).`;
  return new SightlineError('port', `${reason} Choose another with --port N, or 0 for any that is free.`, {
    cause,
  });
}
