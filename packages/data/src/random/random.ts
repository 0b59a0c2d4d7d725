// Random numbers that depend on names, not on order: a stream is made from the seed and what it is for (an epoch, an
// image, an operation), so any worker samples the same for one image, whatever was sampled before. The generator is
// Chris Doty-Humphrey's sfc32; the key is mixed by MurmurHash3's finalizer.

/** A stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1), a multiple of 2^-32. */
  next(): number;
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** A whole number from 0 up to `below`, exclusive. */
  integer(below: number): number;
}

function mix(hash: number, word: number): number {
  let h = Math.imul(hash ^ word, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) + 0x9e3779b9;
}

/** FNV-1a of a name's UTF-16 units. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash;
}

/** The stream of a key: whole numbers and names, such as the seed, the epoch, an image's index and what it is for. */
export function randomFor(...key: readonly (number | string)[]): Random {
  let [a, b, c, counter] = [0x243f6a88, 0x13198a2e, 0x03707344, 1];
  for (const word of key) {
    const part = typeof word === 'string' ? hashName(word) : word;
    const high = Math.floor(part / 2 ** 32);
    a = mix(mix(a, part | 0), high);
    b = mix(mix(b, high), part | 0) ^ a;
    c = mix(c, (part | 0) + a) ^ b;
  }
  const word = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) word();
  const next = () => word() / 2 ** 32;
  return {
    next,
    uniform: (low, high) => low + (high - low) * next(),
    integer: (below) => Math.floor(next() * below),
  };
}

/** The numbers 0 to n - 1 in a random order (Fisher and Yates). */
export function shuffled(n: number, random: Random): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}
