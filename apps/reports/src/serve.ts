// Serves a built site to this machine alone: loopback, files only, nothing that the site's folder does not hold.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';
import { SightlineError } from '@sightline/core';

export interface ServeOptions {
  /** The folder of the site. */
  dir: string;
  /** 4321 unless told; 0 takes any that is free. */
  port?: number;
}

export interface SiteServer {
  url: string;
  close(): Promise<void>;
}

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/**
 * Starts to serve. @throws SightlineError `missing` where there is no site, `port` where the port is taken or forbidden
 */
export async function serveSite({ dir, port = 4321 }: ServeOptions): Promise<SiteServer> {
  const root = resolve(dir);
  if (!existsSync(join(root, 'index.html'))) {
    throw new SightlineError(
      'missing',
      `There is no site in ${root} (no index.html). Build it first: npm run site.`,
    );
  }
  const server = createServer((request, response) => void respond(root, request, response));
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
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const path = isRead ? toPath(root, request.url ?? '/') : null;
  try {
    if (path === null) throw new Error('not a file of the site');
    const bytes = await readFile(path);
    const type = contentTypes[extname(path)] ?? 'application/octet-stream';
    // The site may be built again at any moment: nothing is kept by the browser.
    response.writeHead(200, {
      'content-type': type,
      'content-length': bytes.length,
      'cache-control': 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  } catch {
    response.writeHead(isRead ? 404 : 405, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(isRead ? 'There is no such page.\n' : 'Only GET and HEAD are answered.\n');
  }
}

/** The file that an address means, or null for one that leads out of the site. */
function toPath(root: string, url: string): string | null {
  try {
    const address = decodeURIComponent(url.split(/[?#]/, 1)[0]!);
    const path = join(root, address.endsWith('/') ? `${address}index.html` : address);
    return path.startsWith(root + sep) && !path.includes('\0') ? path : null;
  } catch {
    return null;
  }
}

function portError(port: number, cause: NodeJS.ErrnoException): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} is taken by another program.`,
    EACCES: `Port ${port} may not be used without more rights.`,
    ERR_SOCKET_BAD_PORT: `${port} is no port.`,
  };
  const reason = reasons[cause.code ?? ''] ?? `Port ${port} cannot be used (${cause.code}).`;
  return new SightlineError('port', `${reason} Choose another with --port N, or 0 for any that is free.`, {
    cause,
  });
}
