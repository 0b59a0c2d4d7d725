import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SiteServer, serveSite } from '../src/index.ts';

let root: string;
let server: SiteServer;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sightline-serve-'));
  mkdirSync(join(root, 'site', 'runs'), { recursive: true });
  writeFileSync(join(root, 'site', 'index.html'), '<h1>overview</h1>');
  writeFileSync(join(root, 'site', 'runs', 'a.html'), '<h1>a</h1>');
  writeFileSync(join(root, 'secret.html'), 'not of the site');
  server = await serveSite({ dir: join(root, 'site'), port: 0 });
});

afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

/** A raw request, whose path is sent as it is: fetch would tidy `..` away. */
function ask(
  path: string,
  method = 'GET',
  host?: string,
): Promise<{ status: number; type: string; body: string; sniff: unknown }> {
  return new Promise((answered, failed) => {
    const headers = host === undefined ? {} : { host };
    request({ port: new URL(server.url).port, path, method, headers }, (response) => {
      let body = '';
      response.on('data', (part) => {
        body += part;
      });
      response.on('end', () =>
        answered({
          status: response.statusCode!,
          type: response.headers['content-type']!,
          body,
          sniff: response.headers['x-content-type-options'],
        }),
      );
    })
      .on('error', failed)
      .end();
  });
}

test('pages come with their type, a folder is its index', async () => {
  expect(await ask('/')).toEqual({
    status: 200,
    type: 'text/html; charset=utf-8',
    body: '<h1>overview</h1>',
    sniff: 'nosniff',
  });
  expect((await ask('/runs/a.html?x#y')).body).toBe('<h1>a</h1>');
  expect(await ask('/', 'HEAD')).toMatchObject({ status: 200, body: '' });
});

test('nothing outside the site is given out', async () => {
  for (const path of [
    '/../secret.html',
    '/%2e%2e/secret.html',
    '/..%2fsecret.html',
    '//../secret.html',
    '/%',
    '/%00',
  ]) {
    expect((await ask(path)).status, path).toBe(404);
  }
  expect((await ask('/runs')).status).toBe(404);
  expect((await ask('/', 'POST')).status).toBe(405);
});

test('a link out of the site and a pipe are not served', async () => {
  symlinkSync(join(root, 'secret.html'), join(root, 'site', 'linked.html'));
  symlinkSync(join(root, 'site', 'runs', 'a.html'), join(root, 'site', 'inside.html'));
  expect((await ask('/linked.html')).status).toBe(404);
  expect((await ask('/inside.html')).body).toBe('<h1>a</h1>');
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [join(root, 'site', 'pipe.html')]);
  expect((await ask('/pipe.html')).status).toBe(404);
});

test('only names of this machine are answered', async () => {
  const { port } = new URL(server.url);
  for (const host of ['localhost', `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'LOCALHOST']) {
    expect((await ask('/', 'GET', host)).status, host).toBe(200);
  }
  for (const host of ['example.com', `evil.test:${port}`, 'localhost.example.com', '127.0.0.1.nip.io']) {
    expect((await ask('/', 'GET', host)).status, host).toBe(421);
  }
});

test('it listens on loopback only', () => {
  expect(new URL(server.url).hostname).toBe('127.0.0.1');
});

test('a port that is taken is said in one sentence', async () => {
  const port = Number(new URL(server.url).port);
  await expect(serveSite({ dir: join(root, 'site'), port })).rejects.toThrow(
    `Port ${port} is taken by another program. Choose another with --port N, or 0 for any that is free.`,
  );
});

test('a folder without a site, or what is no port, is refused', async () => {
  await expect(serveSite({ dir: root, port: 0 })).rejects.toThrow('There is no site in');
  await expect(serveSite({ dir: join(root, 'site'), port: 99999 })).rejects.toThrow('99999 is not a port');
  await expect(serveSite({ dir: join(root, 'site'), port: Number('x') })).rejects.toThrow('is not a port');
});
