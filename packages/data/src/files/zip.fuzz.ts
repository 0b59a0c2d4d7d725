// `npm run fuzz -- zip`: archives of images: their directories, and each file in them.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSightlineError } from '@sightline/core';
import { zipSync } from 'fflate';
import { zipTree } from './zip-tree.ts';

const path = join(mkdtempSync(join(tmpdir(), 'sightline-fuzz-zip-')), 'set.zip');

export function seeds(): Uint8Array[] {
  const files = { 'train/a/1.png': Buffer.from('first '.repeat(20)), 'train/b/2.png': Buffer.from('second') };
  return [zipSync(files), zipSync(files, { level: 0 }), zip64(Buffer.from(zipSync(files)))];
}

/** With the 64-bit end of the directory, and its locator before the end. */
function zip64(zip: Buffer): Buffer {
  const end = zip.subarray(zip.length - 22);
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(BigInt(end.readUInt32LE(12)), 40);
  end64.writeBigUInt64LE(BigInt(end.readUInt32LE(16)), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(zip.length - 22), 8);
  return Buffer.concat([zip.subarray(0, zip.length - 22), end64, locator, end]);
}

export async function parse(bytes: Uint8Array): Promise<void> {
  writeFileSync(path, bytes);
  const tree = await zipTree(path);
  for (const file of (await tree.list()).files.slice(0, 5)) await tree.read(file.path).catch(expectReason);
}

/** A file that is damaged has a reason, which is shown beside its name; faults of ours have a type and no reason. */
function expectReason(error: unknown): void {
  if (
    isSightlineError(error) ||
    (error instanceof Error && error.constructor === Error && !('code' in error))
  )
    return;
  throw error;
}
