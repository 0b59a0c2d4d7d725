// The directory of a zip archive: what it holds and where (APPNOTE 4.3.12 to 4.3.16).

import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { SightlineError } from '@sightline/core';

export interface ZipEntry {
  /** As the archive has it; a folder's ends in `/`. */
  readonly path: string;
  /** Packed by a system whose paths may have backslashes between folders. */
  readonly isFromDos: boolean;
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Offset of the local header from the file's beginning. */
  readonly offset: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const END64_LOCATOR = 0x07064b50;
const END64_LOCATOR_BYTES = 20;
const END64 = 0x06064b50;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const MAX_COMMENT = 0xffff;
/** A directory of a million files; more is refused before it is read. */
const MAX_DIRECTORY_BYTES = 1 << 28;

/** Reads all entries. Throws SightlineError `zip` where there is no whole directory. */
export async function readDirectory(file: FileHandle, name: string): Promise<ZipEntry[]> {
  const broken = (why: string) =>
    new SightlineError('zip', `${name} is not a whole zip archive: ${why}. Fetch or pack it again.`);
  const { size: fileSize } = await file.stat();
  const tail = await readAt(file, Math.max(0, fileSize - END_BYTES - MAX_COMMENT), fileSize);
  const at = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (at < 0 || at + END_BYTES > tail.length || tail.readUInt32LE(at) !== END)
    throw broken('it has no directory at its end');
  let [bytes, start] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  const locator = at - END64_LOCATOR_BYTES;
  if (locator >= 0 && tail.readUInt32LE(locator) === END64_LOCATOR) {
    // A place beyond the file, of up to 64 bits, is none that can be read at.
    const place = Math.min(Number(tail.readBigUInt64LE(locator + 8)), fileSize);
    const end64 = await readAt(file, place, place + 56);
    if (end64.length < 56 || end64.readUInt32LE(0) !== END64)
      throw broken('its zip64 directory is not where it says');
    [bytes, start] = [Number(end64.readBigUInt64LE(40)), Number(end64.readBigUInt64LE(48))];
  }
  if (start + bytes > fileSize || bytes > MAX_DIRECTORY_BYTES)
    throw broken('its directory does not fit into it');
  const entries = parseEntries(await readAt(file, start, start + bytes));
  if (entries === undefined) throw broken('its directory is damaged');
  return entries;
}

async function readAt(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.max(0, to - from));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
  return buffer.subarray(0, bytesRead);
}

/** Undefined where the bytes are no list of entries. */
function parseEntries(directory: Buffer): ZipEntry[] | undefined {
  const entries: ZipEntry[] = [];
  for (let at = 0; at < directory.length; ) {
    if (at + ENTRY_BYTES > directory.length || directory.readUInt32LE(at) !== ENTRY) return undefined;
    const nameEnd = at + ENTRY_BYTES + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const end = extraEnd + directory.readUInt16LE(at + 32);
    if (end > directory.length) return undefined;
    const [size, packedSize, offset] = longSizes(directory.subarray(nameEnd, extraEnd), [
      directory.readUInt32LE(at + 24),
      directory.readUInt32LE(at + 20),
      directory.readUInt32LE(at + 42),
    ]);
    entries.push({
      path: nameOf(directory.subarray(at + ENTRY_BYTES, nameEnd)),
      isFromDos: DOS_HOSTS.includes(directory.readUInt8(at + 5)),
      method: directory.readUInt16LE(at + 10),
      encrypted: (directory.readUInt16LE(at + 8) & 1) === 1,
      crc: directory.readUInt32LE(at + 16),
      packedSize: packedSize!,
      size: size!,
      offset: offset!,
    });
    at = end;
  }
  return entries;
}

/** The upper half of the IBM PC's code page 437, in which the format's first version has names. */
const CODE_PAGE_437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';
/** MS-DOS, NTFS and VFAT (4.4.2). */
const DOS_HOSTS = [0, 10, 14];

/** Archives may say that names are UTF-8, but many have it unsaid: the bytes show it. */
function nameOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return Array.from(bytes, (byte) =>
    byte < 128 ? String.fromCharCode(byte) : CODE_PAGE_437[byte - 128],
  ).join('');
}

/** A field that says 0xffffffff stands in the zip64 extra field, in this order. */
function longSizes(extra: Buffer, fields: readonly number[]): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    return fields.map((field) => {
      if (field !== 0xffffffff || from + 8 > extra.length) return field;
      from += 8;
      return Number(extra.readBigUInt64LE(from - 8));
    });
  }
  return [...fields];
}
