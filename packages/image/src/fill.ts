// What lies outside of the picture: scipy's boundary modes (ndimage, ni_interpolation.c, map_coordinate).
//   nearest   a a a | a b c d | d d d      reflect  c b a | a b c d | d c b
//   constant  k k k | a b c d | k k k      wrap     the picture again, with a period of size - 1 as scipy has it

export const FILL_MODES = ['nearest', 'constant', 'reflect', 'wrap'] as const;
export type FillMode = (typeof FILL_MODES)[number];

/** Brings a coordinate into the picture; -1 where the constant stands. May return from -0.5 up for `reflect`. */
export function mapCoordinate(at: number, size: number, mode: FillMode): number {
  if (at >= 0 && at <= size - 1) return at;
  if (mode === 'constant') return -1;
  if (size === 1) return 0;
  if (mode === 'nearest') return at < 0 ? 0 : size - 1;
  if (mode === 'wrap') return wrap(at, size - 1);
  return reflect(at, size);
}

function wrap(at: number, period: number): number {
  if (at < 0) return at + period * (Math.trunc(-at / period) + 1);
  return at - period * Math.trunc(at / period);
}

function reflect(at: number, size: number): number {
  const period = 2 * size;
  if (at < 0) {
    const near = at < -period ? at + period * Math.trunc(-at / period) : at;
    return near < -size ? near + period : -near - 1;
  }
  const near = at - period * Math.trunc(at / period);
  return near >= size ? period - near - 1 : near;
}

/** The pixel that a tap beside the picture means: mirrored about the edge pixel, or with it for `reflect`. */
export function mapTap(index: number, size: number, mode: FillMode): number {
  if (index >= 0 && index < size) return index;
  if (size === 1) return 0;
  const past = mode === 'reflect' ? 1 : 0;
  return index < 0 ? -index - past : 2 * size - 2 + past - index;
}
