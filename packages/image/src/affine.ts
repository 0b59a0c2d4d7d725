// Where an output pixel comes from: an affine map of (row, column), as in scipy's affine_transform. Matrices therefore
// look backwards: one that doubles coordinates halves the picture.

/** input row = a * row + b * column + tr; input column = c * row + d * column + tc. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly tr: number;
  readonly c: number;
  readonly d: number;
  readonly tc: number;
}

export const IDENTITY: Affine = { a: 1, b: 0, tr: 0, c: 0, d: 1, tc: 0 };

/** The matrix product: `second` acts on the output coordinates before `first`. */
export function compose(first: Affine, second: Affine): Affine {
  return {
    a: first.a * second.a + first.b * second.c,
    b: first.a * second.b + first.b * second.d,
    tr: first.a * second.tr + first.b * second.tc + first.tr,
    c: first.c * second.a + first.d * second.c,
    d: first.c * second.b + first.d * second.d,
    tc: first.c * second.tr + first.d * second.tc + first.tc,
  };
}

/** Moves the origin to the image's center, which Keras puts at (size / 2 - 0.5): between the two middle pixels. */
export function aboutCenter(affine: Affine, height: number, width: number): Affine {
  const [row, column] = [height / 2 - 0.5, width / 2 - 0.5];
  const there: Affine = { ...IDENTITY, tr: row, tc: column };
  const back: Affine = { ...IDENTITY, tr: -row, tc: -column };
  return compose(compose(there, affine), back);
}

export function isIdentity({ a, b, tr, c, d, tc }: Affine): boolean {
  return a === 1 && b === 0 && tr === 0 && c === 0 && d === 1 && tc === 0;
}
