// Sizes in the formats that keep them among other metadata: TIFF's directory (which EXIF is too), AVIF's `ispe` boxes
// and WebP's chunks.

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

const ENTRY_BYTES = 12;
const SHORT = 3;

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

/** Of the extended, the lossless or the lossy kind, by the first chunk. */
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
