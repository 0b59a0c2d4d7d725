// Operations on pixel values, each as in Pillow's ImageOps or ImageEnhance, without its rounding in between. An image is
// RGB floats from 0 to 255, changed in place; those that count values round them first.

import type { ImageSize } from './operation.ts';

/** ITU-R 601-2 luma of the pixel that begins at `at`, as Pillow's convert('L'). */
const luma = (image: Float32Array, at: number) =>
  (image[at]! * 19595 + image[at + 1]! * 38470 + image[at + 2]! * 7471) / 65536;

/** Moves every pixel value away from `base` (of its pixel) by a factor: 0 is the base, 1 the image, more goes beyond. */
function blendWith(image: Float32Array, factor: number, base: (at: number) => number): void {
  for (let at = 0; at < image.length; at += 3) {
    const from = base(at);
    for (let i = at; i < at + 3; i++)
      image[i] = Math.min(Math.max(from + (image[i]! - from) * factor, 0), 255);
  }
}

export function adjustBrightness(image: Float32Array, factor: number): void {
  blendWith(image, factor, () => 0);
}

export function adjustContrast(image: Float32Array, factor: number): void {
  let sum = 0;
  for (let at = 0; at < image.length; at += 3) sum += Math.round(luma(image, at));
  const mean = Math.trunc(sum / (image.length / 3) + 0.5);
  blendWith(image, factor, () => mean);
}

export function adjustSaturation(image: Float32Array, factor: number): void {
  blendWith(image, factor, (at) => luma(image, at));
}

/** Turns hues in HSV by `turns` of the color circle; saturation and value stay. */
export function turnHue(image: Float32Array, turns: number): void {
  for (let at = 0; at < image.length; at += 3) {
    const [r, g, b] = [image[at]!, image[at + 1]!, image[at + 2]!];
    const value = Math.max(r, g, b);
    const chroma = value - Math.min(r, g, b);
    if (chroma === 0) continue;
    const sector = value === r ? (g - b) / chroma : value === g ? (b - r) / chroma + 2 : (r - g) / chroma + 4;
    const hue = sector + turns * 6;
    for (const [channel, offset] of [5, 3, 1].entries()) {
      const k = (((offset + hue) % 6) + 6) % 6;
      image[at + channel] = value - chroma * Math.max(0, Math.min(k, 4 - k, 1));
    }
  }
}

/** Keeps the highest `bits` bits of every pixel value. */
export function posterize(image: Float32Array, bits: number): void {
  const mask = ~(2 ** (8 - bits) - 1);
  for (let i = 0; i < image.length; i++) image[i] = Math.round(image[i]!) & mask;
}

/** Inverts pixel values of `threshold` and above. */
export function solarize(image: Float32Array, threshold: number): void {
  for (let i = 0; i < image.length; i++) if (image[i]! >= threshold) image[i] = 255 - image[i]!;
}

/** Stretches each channel to the whole range. */
export function autoContrast(image: Float32Array): void {
  for (let channel = 0; channel < 3; channel++) {
    let [low, high] = [255, 0];
    for (let i = channel; i < image.length; i += 3) {
      low = Math.min(low, image[i]!);
      high = Math.max(high, image[i]!);
    }
    if (high <= low) continue;
    const scale = 255 / (high - low);
    for (let i = channel; i < image.length; i += 3) image[i] = (image[i]! - low) * scale;
  }
}

/** Makes each channel's histogram as flat as it can be. */
export function equalize(image: Float32Array): void {
  for (let channel = 0; channel < 3; channel++) {
    const counts = new Uint32Array(256);
    for (let i = channel; i < image.length; i += 3) counts[Math.round(image[i]!)]!++;
    const used = counts.filter((count) => count > 0);
    const step = Math.floor((image.length / 3 - used.at(-1)!) / 255);
    if (used.length <= 1 || step === 0) continue;
    let sum = step >> 1;
    const table = counts.map((count) => {
      const value = Math.min(255, Math.floor(sum / step));
      sum += count;
      return value;
    });
    for (let i = channel; i < image.length; i += 3) image[i] = table[Math.round(image[i]!)]!;
  }
}

/** Blends with a smoothed image: factor 0 is smooth, 1 the image, 2 sharp. Pixels at the edge stay. */
export function sharpen(image: Float32Array, factor: number, { height, width }: ImageSize): void {
  const source = image.slice();
  const stride = width * 3;
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * stride + 3; at < (y + 1) * stride - 3; at++) {
      let sum = source[at]! * 4;
      for (const row of [at - stride, at, at + stride])
        sum += source[row - 3]! + source[row]! + source[row + 3]!;
      const smooth = Math.round(sum / 13);
      image[at] = Math.min(Math.max(smooth + (source[at]! - smooth) * factor, 0), 255);
    }
  }
}
