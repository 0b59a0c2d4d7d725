// What programs that pack archives do with names, and what a bomb does to memory. Packed by fflate, and then changed.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { zipTree } from './zip-tree.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-zip-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Opens an archive of these files, after `change` did something to its bytes. */
function opened(files: Zippable, change: (zip: Buffer) => Buffer = (zip) => zip) {
  const path = join(root, 'set.zip');
  writeFileSync(path, change(Buffer.from(zipSync(files))));
  return zipTree(path);
}

/** Puts other bytes in the place of `from` wherever they stand, in headers and in the directory. */
function replaced(zip: Buffer, from: string, to: Buffer): Buffer {
  for (let at = zip.indexOf(from); at >= 0; at = zip.indexOf(from, at + 1)) to.copy(zip, at);
  return zip;
}

/** Where the directory has the entry of a path. */
const entryAt = (zip: Buffer, path: string) => zip.lastIndexOf(path) - 46;

it('takes names from before UTF-8 in code page 437, so that no two become one', async () => {
  const tree = await opened({ 'a/X1.png': bytesOf('first'), 'a/Y1.png': bytesOf('second') }, (zip) =>
    replaced(replaced(zip, 'X1', Buffer.from([0x81, 0x31])), 'Y1', Buffer.from([0x84, 0x31])),
  );
  expect((await tree.list()).files.map(({ path }) => path)).toEqual(['a/ü1.png', 'a/ä1.png']);
  expect(Buffer.from(await tree.read('a/ä1.png')).toString()).toBe('second');
});

it('takes backslashes for folders where a system that has them packed, and for letters elsewhere', async () => {
  const packedBy = (host: number) =>
    opened({ 'a\\1.png': bytesOf('one') }, (zip) => {
      zip[entryAt(zip, 'a\\1.png') + 5] = host;
      return zip;
    });
  expect(await (await packedBy(0)).list()).toEqual({ files: [{ path: 'a/1.png', size: 3 }], folders: ['a'] });
  // Some programs on Windows say that they are a UNIX system: then there is no other separator in the whole archive.
  expect(await (await packedBy(3)).list()).toEqual({ files: [{ path: 'a/1.png', size: 3 }], folders: ['a'] });
  const mixed = await opened({ 'b\\1.png': bytesOf('one'), 'a/2.png': bytesOf('two') }, (zip) => {
    zip[entryAt(zip, 'b\\1.png') + 5] = 3;
    return zip;
  });
  expect((await mixed.list()).files.map(({ path }) => path)).toEqual(['b\\1.png', 'a/2.png']);
});

it('leaves out what says nothing of the place', async () => {
  const tree = await opened({ './a//1.png': bytesOf('one'), 'a/./2.png': bytesOf('two') });
  expect((await tree.list()).files.map(({ path }) => path)).toEqual(['a/1.png', 'a/2.png']);
  expect(Buffer.from(await tree.read('a/1.png')).toString()).toBe('one');
});

it('has a path once, with what came last', async () => {
  const tree = await opened({ 'a/1.png': bytesOf('old'), 'a/2.png': bytesOf('new') }, (zip) =>
    replaced(zip, 'a/2.png', Buffer.from('a/1.png')),
  );
  expect(await tree.list()).toEqual({ files: [{ path: 'a/1.png', size: 3 }], folders: ['a'] });
  expect(Buffer.from(await tree.read('a/1.png')).toString()).toBe('new');
});

it('does not unpack a bomb that says how large it is', async () => {
  const tree = await opened({ 'a/1.png': new Uint8Array(20_000_000) });
  await expect(tree.read('a/1.png')).rejects.toThrow(
    /^it unpacks to 20000000 bytes from \d+, as no picture does$/,
  );
});

it('takes no memory for bytes that an archive does not have', async () => {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const tree = await opened({ 'a/1.png': [bytesOf('one'), { level: 0 }] }, (zip) => {
    zip.writeUInt32LE(200_000_000, entryAt(zip, 'a/1.png') + 20);
    zip.writeUInt32LE(200_000_000, entryAt(zip, 'a/1.png') + 24);
    return zip;
  });
  await expect(
    tree.read('a/1.png').finally(() => {
      most = process.memoryUsage().arrayBuffers;
    }),
  ).rejects.toThrow('the archive is cut short there');
  expect(most - before).toBeLessThan(50_000_000);
});

/** With the end of the directory in 64 bits, which begins at `place` by its locator. */
function zip64(zip: Buffer, place: bigint): Buffer {
  const at = zip.length - 22;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50);
  end64.writeBigUInt64LE(BigInt(zip.readUInt32LE(at + 12)), 40);
  end64.writeBigUInt64LE(BigInt(zip.readUInt32LE(at + 16)), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50);
  locator.writeBigUInt64LE(place, 8);
  return Buffer.concat([zip.subarray(0, at), end64, locator, zip.subarray(at)]);
}

it('reads a directory in 64 bits, and says so where it is beyond the file', async () => {
  const files = { 'a/1.png': bytesOf('one') };
  const end = BigInt(zipSync(files).length - 22);
  const tree = await opened(files, (zip) => zip64(zip, end));
  expect(Buffer.from(await tree.read('a/1.png')).toString()).toBe('one');
  for (const place of [end + 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
    await expect(opened(files, (zip) => zip64(zip, place))).rejects.toThrow(
      /set\.zip is not a whole zip archive: its zip64 directory is not where it says/,
    );
  }
});

it('says so where a file is beyond the archive, by 32 or by 64 bits', async () => {
  const name = 'a/1.png';
  const beyond = await opened({ [name]: bytesOf('one') }, (zip) => {
    zip.writeUInt32LE(0xfffffffe, entryAt(zip, name) + 42);
    return zip;
  });
  await expect(beyond.read(name)).rejects.toThrow('the archive is cut short there');
  const extra = Buffer.alloc(8, 0xff);
  const long = await opened({ [name]: [bytesOf('one'), { extra: { 1: extra } }] }, (zip) => {
    zip.writeUInt32LE(0xffffffff, entryAt(zip, name) + 42);
    return zip;
  });
  await expect(long.read(name)).rejects.toThrow('the archive is cut short there');
});
