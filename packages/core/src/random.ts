/** Seeds from a seed: each weight, layer and step has its own, so none depends on how many were sampled before. */

/** A 31-bit seed from a seed and a place, mixed by splitmix32's finalizer: neighboring places are unrelated. */
export function derivedSeed(seed: number, place: number): number {
  let z = (Math.imul(seed, 0x9e3779b9) + Math.imul(place + 1, 0x85ebca6b)) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) & 0x7fffffff;
}
