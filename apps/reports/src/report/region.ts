// Where the pixels that a network saw lie on a photograph that is shown whole in a square.

/** Width and height as shares of the square's side; the region lies in the middle, and may be larger than the square. */
export interface Region {
  width: number;
  height: number;
}

/** @param fit how the photograph was brought to the network's size: `stretch`, `crop` or `pad` */
export function regionOf(
  { width, height }: { width: number; height: number },
  [seenHeight, seenWidth]: readonly [height: number, width: number],
  fit: string,
): Region {
  const longest = Math.max(width, height);
  const shown = { width: width / longest, height: height / longest };
  if (fit !== 'crop' && fit !== 'pad') return shown;
  const ratio = seenWidth / seenHeight;
  const isWider = shown.width / shown.height > ratio;
  // A crop keeps the shorter side whole, padding the longer one.
  return isWider === (fit === 'crop')
    ? { width: shown.height * ratio, height: shown.height }
    : { width: shown.width, height: shown.width / ratio };
}
