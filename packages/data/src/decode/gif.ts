// The color that a GIF gives its transparent pixels: decoders drop it, and Pillow shows it when opacity is dropped.
// Format: GIF89a specification, sections 18 to 23.

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const HEADER_BYTES = 13;
const IMAGE_BYTES = 10;

/** The palette color [r, g, b] of the first frame's transparent index; undefined where it has none. */
export function transparentGifColor(bytes: Uint8Array): readonly number[] | undefined {
  const globalBytes = paletteBytes(bytes[10] ?? 0);
  let at = HEADER_BYTES + globalBytes;
  let index: number | undefined;
  while (at + IMAGE_BYTES <= bytes.length) {
    if (bytes[at] === EXTENSION) {
      if (bytes[at + 1] === GRAPHIC_CONTROL && (bytes[at + 3]! & 1) === 1) index = bytes[at + 6];
      at = afterBlocks(bytes, at + 2);
      continue;
    }
    if (bytes[at] !== IMAGE || index === undefined) return undefined;
    const localBytes = paletteBytes(bytes[at + 9]!);
    const palette = localBytes > 0 ? at + IMAGE_BYTES : HEADER_BYTES;
    if (index * 3 >= (localBytes || globalBytes)) return undefined;
    return [...bytes.subarray(palette + index * 3, palette + index * 3 + 3)];
  }
  return undefined;
}

/** By the packed field of a screen or an image: bit 7 says that there is a palette, bits 0 to 2 how large. */
const paletteBytes = (packed: number) => (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0);

/** Where a chain of blocks ends: each begins with its length, and one of length 0 is the last. */
function afterBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== 0) at += bytes[at]! + 1;
  return at + 1;
}
