// `npm run fuzz -- image-header`: what is read of an image file before a native decoder sees it, and after one failed.

import sharp from 'sharp';
import { isCutShort, reasonForNoImage } from './file-faults.ts';
import { sniffImage } from './sniff.ts';

export async function seeds(): Promise<Uint8Array[]> {
  const create = {
    width: 5,
    height: 3,
    channels: 4,
    background: { r: 1, g: 200, b: 30, alpha: 0.5 },
  } as const;
  const image = () => sharp({ create });
  const turned = image().flatten().withMetadata({ orientation: 6 });
  return Promise.all([
    image().png().toBuffer(),
    turned.clone().jpeg().toBuffer(),
    turned.clone().jpeg({ progressive: true }).toBuffer(),
    turned.clone().webp().toBuffer(),
    image().webp({ lossless: true }).toBuffer(),
    image().gif().toBuffer(),
    turned.clone().tiff({ compression: 'lzw' }).toBuffer(),
    image().tiff({ tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
    turned.clone().avif().toBuffer(),
    bmp(),
  ]);
}

/** sharp writes no BMP: 2 x 1 pixels of 24 bits. */
function bmp(): Buffer {
  const file = Buffer.alloc(62);
  file.write('BM');
  file.writeUInt32LE(62, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(2, 18);
  file.writeInt32LE(1, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  return file;
}

export function parse(bytes: Uint8Array): string {
  const header = sniffImage(bytes);
  if (!header) return `none ${reasonForNoImage(bytes).slice(0, 20)}`;
  const { format, width, plain } = header;
  return [format, width === undefined, plain, isCutShort(bytes, format)].join();
}
