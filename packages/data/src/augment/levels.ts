// Operations on levels, each as Pillow's ImageOps or ImageEnhance has it. An image is floats in levels, RGB, changed in
// place; those that count levels round them first.

/** Keeps the highest `bits` bits of every level. */
export function posterize(image: Float32Array, bits: number): void {
  const mask = ~(2 ** (8 - bits) - 1);
  for (let i = 0; i < image.length; i++) image[i] = Math.round(image[i]!) & mask;
}

/** Inverts levels of `threshold` and above. */
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

/** Makes each channel's levels as evenly used as they can be. */
export function equalize(image: Float32Array): void {
  for (let channel = 0; channel < 3; channel++) {
    const counts = new Uint32Array(256);
    for (let i = channel; i < image.length; i += 3) counts[Math.round(image[i]!)]!++;
    const used = counts.filter((count) => count > 0);
    const step = Math.floor((image.length / 3 - used.at(-1)!) / 255);
    if (used.length <= 1 || step === 0) continue;
    let sum = step >> 1;
    const table = counts.map((count) => {
      const level = Math.min(255, Math.floor(sum / step));
      sum += count;
      return level;
    });
    for (let i = channel; i < image.length; i += 3) image[i] = table[Math.round(image[i]!)]!;
  }
}

/** Blends with a smoothed image: factor 0 is smooth, 1 the image, 2 sharp. Pixels at the edge stay. */
export function sharpen(image: Float32Array, factor: number, height: number, width: number): void {
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
