// Sizes in the formats that keep them among other metadata: TIFF's directory (which EXIF is too), AVIF's `ispe` boxes
// and WebP's chunks.

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

const ENTRY_BYTES = 12;
const SHORT = 3;
const LONG = 4;

/** The value of a tag in the first directory of a TIFF structure that begins at `base`; undefined where it has none. */
export function tiffTag(view: DataView, base: number, end: number, tag: number): number | undefined {
  if (base + 8 > end) return undefined;
  const little = view.getUint16(base) === 0x4949;
  const directory = base + view.getUint32(base + 4, little);
  if (directory + 2 > end) return undefined;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + ENTRY_BYTES * i;
    if (entry + ENTRY_BYTES > end) return undefined;
    if (view.getUint16(entry, little) !== tag) continue;
    return view.getUint16(entry + 2, little) === SHORT
      ? view.getUint16(entry + 8, little)
      : view.getUint32(entry + 8, little);
  }
  return undefined;
}

/** Bytes of a value, by its type (TIFF 6.0, section 2). */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
/** From here on, tags say nothing of how pixels are read; programs leave wrong ones behind. */
const PRIVATE_TAGS = 0x8000;
/** StripOffsets with StripByteCounts, and the same of tiles. */
const TIFF_PARTS = [
  [273, 279],
  [324, 325],
] as const;

/** Where the first directory of a TIFF, its values and its pixels end: beyond the file where that was cut. */
export function tiffEnd(view: DataView): number {
  const little = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > view.byteLength) return directory + 2;
  const entries = view.getUint16(directory, little);
  let end = directory + 2 + ENTRY_BYTES * entries;
  if (end > view.byteLength) return end;
  const values = new Map<number, { at: number; count: number; isShort: boolean }>();
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + ENTRY_BYTES * i;
    const [tag, type] = [view.getUint16(entry, little), view.getUint16(entry + 2, little)];
    const count = view.getUint32(entry + 4, little);
    const bytes = count * (TYPE_BYTES[type] ?? 0);
    const at = bytes > 4 ? view.getUint32(entry + 8, little) : entry + 8;
    if (tag < PRIVATE_TAGS) end = Math.max(end, at + bytes);
    if (type === SHORT || type === LONG) values.set(tag, { at, count, isShort: type === SHORT });
  }
  if (end > view.byteLength) return end;
  const read = (tag: number, index: number) => {
    const { at, isShort } = values.get(tag)!;
    return isShort ? view.getUint16(at + 2 * index, little) : view.getUint32(at + 4 * index, little);
  };
  for (const [offsets, lengths] of TIFF_PARTS) {
    const parts = Math.min(values.get(offsets)?.count ?? 0, values.get(lengths)?.count ?? 0);
    for (let i = 0; i < parts; i++) end = Math.max(end, read(offsets, i) + read(lengths, i));
  }
  return end;
}

/** ImageWidth and ImageLength. */
export function tiffSize(view: DataView): PixelSize | undefined {
  const [width, height] = [256, 257].map((tag) => tiffTag(view, 0, view.byteLength, tag));
  return width === undefined || height === undefined ? undefined : { width, height };
}

/** The largest of the sizes that the file gives its parts. */
export function avifSize(view: DataView): PixelSize | undefined {
  const bytes = Buffer.from(view.buffer, view.byteOffset, Math.min(view.byteLength, 1 << 16));
  let largest: PixelSize | undefined;
  for (
    let at = bytes.indexOf('ispe');
    at >= 0 && at + 16 <= bytes.length;
    at = bytes.indexOf('ispe', at + 4)
  ) {
    const size = { width: bytes.readUInt32BE(at + 8), height: bytes.readUInt32BE(at + 12) };
    if (largest === undefined || size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest;
}

/** The size in the extended, the lossless or the lossy kind, by the first chunk. */
export function webpSize(view: DataView): PixelSize | undefined {
  if (view.byteLength < 30) return undefined;
  const kind = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + 12, 4));
  const three = (at: number) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16) + 1;
  if (kind === 'VP8X') return { width: three(24), height: three(27) };
  if (kind === 'VP8 ')
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  const bits = view.getUint32(21, true);
  return kind === 'VP8L' ? { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 } : undefined;
}
