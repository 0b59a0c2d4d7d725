// Serves a built site to this machine alone: on loopback, under loopback's own names, and nothing but the regular files
// inside the site's folder.

import { constants, existsSync, realpathSync } from 'node:fs';
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

/**
 * Starts to serve.
 * @throws SightlineError `missing` where there is no site, `port` where the port is taken or forbidden
 */
export async function serveSite({ dir, port = 4321 }: ServeOptions): Promise<SiteServer> {
  const root = resolve(dir);
  if (!existsSync(join(root, 'index.html'))) {
    throw new SightlineError(
      'missing',
      `There is no site in ${root} (no index.html). Build it first: sightline report.`,
    );
  }
  const real = realpathSync(root);
  const server = createServer((request, response) => void respond(real, request, response));
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

async function respond(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff');
  const refuse = (status: number, sentence: string) => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${sentence}\n`);
  };
  const host = (request.headers.host ?? '').replace(/:\d*$/, '').toLowerCase();
  if (!LOOPBACK.has(host)) return refuse(421, 'This server answers to localhost only.');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(405, 'Only GET and HEAD are answered.');
  const file = await readInside(root, request.url ?? '/').catch(() => null);
  if (file === null) return refuse(404, 'There is no such page.');
  const type = contentTypes[extname(file.path)] ?? 'application/octet-stream';
  // The site may be built again at any moment: the browser keeps nothing.
  response.writeHead(200, {
    'content-type': type,
    'content-length': file.bytes.length,
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : file.bytes);
}

/**
 * The file that an address means; null for one that leads out of the site, by `..` or by a symbolic link, and for what
 * is no regular file. Rejects where there is none.
 */
async function readInside(root: string, url: string): Promise<{ path: string; bytes: Buffer } | null> {
  const address = decodeURIComponent(url.split(/[?#]/, 1)[0]!);
  if (address.includes('\0')) return null;
  const path = await realpath(join(root, address.endsWith('/') ? `${address}index.html` : address));
  if (!path.startsWith(root + sep)) return null;
  // A named pipe would wait for a writer; opened so, it does not, and is refused below.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    return (await file.stat()).isFile() ? { path, bytes: await file.readFile() } : null;
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
