// Against a local server that breaks off, lies about lengths and sends wrong bytes.

import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import timers from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { download, type RemoteFile } from './download.ts';

const BYTES = Buffer.from(Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 3));
const HASH = { algorithm: 'sha256', hex: createHash('sha256').update(BYTES).digest('hex') } as const;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let file: RemoteFile;
let path: string;
/** One for each request, in order; the last one answers all that follow. */
let answers: Answer[];
let ranges: (string | undefined)[];
/** How long it would have waited before each next attempt, in milliseconds: no time passes. */
let pauses: unknown[];

const startOf = ({ headers }: IncomingMessage) => Number(/\d+/.exec(headers.range ?? '0')![0]);

/** Sends parts as it is asked for. */
const whole: Answer = (request, response) => {
  const start = startOf(request);
  const range = { 'content-range': `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` };
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': BYTES.length - start,
    ...(start > 0 ? range : {}),
  });
  response.end(BYTES.subarray(start));
};

/** Announces all of it, and breaks off after some bytes. */
const breaksOffAfter =
  (count: number): Answer =>
  (request, response) => {
    const start = startOf(request);
    const range = { 'content-range': `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` };
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': BYTES.length - start,
      ...(start > 0 ? range : {}),
    });
    response.write(BYTES.subarray(start, start + count));
    // The end of a connection may overtake what was sent: it comes when the bytes are in the part.
    const part = `${path}.part`;
    const isThere = () => existsSync(part) && statSync(part).size >= start + count;
    const poll = setInterval(() => {
      if (!isThere()) return;
      clearInterval(poll);
      response.socket?.end();
    }, 5);
  };

const sends =
  (bytes: Buffer, headers: Record<string, number> = {}): Answer =>
  (_, response) => {
    response.writeHead(200, headers).end(bytes);
  };

const answersWith =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, headers).end();
  };

beforeEach(async () => {
  answers = [whole];
  ranges = [];
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    (answers.length > 1 ? answers.shift()! : answers[0]!)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  file = { url: `http://127.0.0.1:${port}/weights.h5`, bytes: BYTES.length, hash: HASH };
  path = join(mkdtempSync(join(tmpdir(), 'sightline-download-')), 'cache/weights.h5');
  for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']) vi.stubEnv(name, undefined);
  pauses = [];
  vi.spyOn(timers, 'setTimeout').mockImplementation(async (ms) => {
    pauses.push(ms);
    return undefined as never;
  });
  syncBuiltinESMExports();
});

afterEach(async () => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const files = () => readdirSync(join(path, '..'));

describe('a download', () => {
  it('keeps the file under its name, and does not fetch it twice', async () => {
    const done: number[] = [];
    expect(await download(file, path, { onProgress: (bytes) => done.push(bytes) })).toBe(path);
    expect(readFileSync(path)).toEqual(BYTES);
    expect(files()).toEqual(['weights.h5']);
    expect(done.at(-1)).toBe(BYTES.length);
    expect(await download(file, path)).toBe(path);
    expect(ranges).toEqual([undefined]);
  });

  it('goes on where the connection broke off, as often as bytes come', async () => {
    answers = [...Array.from({ length: 5 }, () => breaksOffAfter(10_000)), whole];
    await download(file, path);
    expect(readFileSync(path)).toEqual(BYTES);
    expect(ranges).toHaveLength(6);
    expect(ranges[1]).toMatch(/^bytes=\d+-$/);
  });

  it('goes on in another process where it was stopped', async () => {
    const stop = new AbortController();
    const stopped = download(file, path, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(stopped).rejects.toThrow(/abort/);
    expect(files()).toEqual(['weights.h5.part']);
    await download(file, path);
    expect(readFileSync(path)).toEqual(BYTES);
  });

  it('starts again if the server does not send parts', async () => {
    answers = [breaksOffAfter(10_000), sends(BYTES, { 'content-length': BYTES.length })];
    await download(file, path);
    expect(readFileSync(path)).toEqual(BYTES);
  });

  it('starts again if what was there before is of another file', async () => {
    answers = [breaksOffAfter(10_000), answersWith(500), whole];
    await expect(download(file, path)).rejects.toThrow(/answered 500/);
    const part = `${path}.part`;
    writeFileSync(part, readFileSync(part).fill(7));
    await download(file, path);
    expect(readFileSync(path)).toEqual(BYTES);
  });

  it('goes through the proxy of the environment', async () => {
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      asked.push(request.url!);
      const [host, port] = request.url!.split(':');
      const target = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        socket.pipe(target).pipe(socket);
      });
      for (const end of [socket, target]) end.on('error', () => {});
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('http_proxy', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    vi.stubEnv('no_proxy', '');
    await download(file, path);
    expect(asked).toEqual([new URL(file.url).host]);
    expect(readFileSync(path)).toEqual(BYTES);
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });
});

describe('refuses', () => {
  const other = Buffer.from(BYTES);
  other[50_000]! ^= 1;
  it.each<[string, Answer[], RegExp]>([
    ['wrong bytes', [sends(other)], /its sha256 differs from the published [0-9a-f]{64}/],
    [
      'a file that is announced as shorter',
      [sends(BYTES.subarray(9), { 'content-length': 99_991 })],
      /announces 99991 bytes/,
    ],
    [
      'a file that is announced as longer',
      [answersWith(200, { 'content-length': '0' })],
      /announces 0 bytes/,
    ],
    [
      'a file that is longer than announced',
      [sends(Buffer.concat([BYTES, BYTES]))],
      /has \d+ bytes or more, not the published 100000/,
    ],
    [
      'another part than was asked for',
      [breaksOffAfter(9000), answersWith(206, { 'content-range': 'bytes 5-99999/100000' })],
      /from byte 5, not \d+/,
    ],
    ['a part without a range', [breaksOffAfter(9000), answersWith(206)], /announces NaN bytes/],
    ['a missing file', [answersWith(404)], /the server answered 404/],
    ['an address that has moved to nowhere', [answersWith(302, { location: 'http://127.0.0.1:9/' })], /./],
  ])('%s', async (_, given, message) => {
    answers = given;
    await expect(download(file, path)).rejects.toMatchObject({
      code: 'download',
      message: expect.stringMatching(message),
      hint: expect.stringContaining(file.url),
    });
    expect(existsSync(path)).toBe(false);
  });

  it('to wait for a connection that always breaks off at once', async () => {
    answers = [(_, response) => response.destroy()];
    await expect(download(file, path)).rejects.toThrow(
      /^Could not download weights.h5 from 127.0.0.1:\d+: the connection broke off\.$/,
    );
    expect(ranges).toHaveLength(3);
    expect(pauses).toEqual([500, 1000]);
  });

  it('to go on without a network, in one sentence', async () => {
    const nowhere = { ...file, url: 'http://weights.invalid/weights.h5' };
    await expect(download(nowhere, path)).rejects.toMatchObject({
      code: 'download',
      message: expect.stringMatching(
        /^Could not download weights.h5 from weights.invalid: the name of the server/,
      ),
    });
  });
});
