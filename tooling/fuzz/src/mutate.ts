// Makes damaged files out of whole ones. Everything follows from the generator: a seed gives the same files again.

/** Numbers from 0 up to 1, from a seed (mulberry32). */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Larger files are slower to try and hold nothing more. */
const MOST_BYTES = 1 << 16;
/** Changes per file: one finds faults of single fields, many get past checks that look at two. */
const MOST_CHANGES = 6;

const upTo = (random: Random, end: number) => Math.floor(random() * end);
const oneOf = <T>(random: Random, items: readonly T[]): T => items[upTo(random, items.length)] as T;

/** Where counts, sizes and signs turn over. */
const EDGES = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
].concat([1n << 53n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n]);
/** The same in text, and what is no number there. */
const WORDS = [
  '-1',
  '0',
  '1',
  '4294967296',
  '9007199254740993',
  '1e308',
  '-0.5',
  'null',
  'NaN',
  '""',
  '[]',
  '{}',
];

type Change = (bytes: Buffer, random: Random, corpus: readonly Uint8Array[]) => Buffer;

const place = (bytes: Buffer, random: Random) => upTo(random, bytes.length + 1);

/** A place and a length there, short ones more often. */
function span(bytes: Buffer, random: Random): [from: number, to: number] {
  const from = place(bytes, random);
  return [from, Math.min(bytes.length, from + 1 + Math.floor(random() ** 3 * (bytes.length - from)))];
}

const replaced = (bytes: Buffer, from: number, to: number, by: Uint8Array | string) =>
  Buffer.concat([bytes.subarray(0, from), Buffer.from(by as Uint8Array), bytes.subarray(to)]);

function edge(random: Random, length: number): Buffer {
  const width = oneOf(random, [1, 2, 4, 8]);
  const value = random() < 0.3 ? BigInt(length - 2 + upTo(random, 5)) : oneOf(random, EDGES);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  const little = bytes.subarray(0, width);
  return random() < 0.5 ? little : Buffer.from(little).reverse();
}

/** Formats that say where things lie are followed further if everything stays where it is. */
const IN_PLACE: readonly Change[] = [
  // A bit turned over.
  (bytes, random) => {
    const at = upTo(random, bytes.length);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << upTo(random, 8)), at);
    return bytes;
  },
  // A number at its edge, in the place of what was there.
  (bytes, random) => {
    const number = edge(random, bytes.length);
    const at = place(bytes, random);
    return replaced(bytes, at, Math.min(bytes.length, at + number.length), number);
  },
  // A part of another file, or of this one, in the place of what was there.
  (bytes, random, corpus) => {
    const other = Buffer.from(random() < 0.5 ? bytes : oneOf(random, corpus));
    const part = other.subarray(...span(other, random));
    const at = place(bytes, random);
    return replaced(bytes, at, Math.min(bytes.length, at + part.length), part).subarray(0, bytes.length);
  },
];

const MOVING: readonly Change[] = [
  // A part left out, doubled, or the end cut off.
  (bytes, random) => replaced(bytes, ...span(bytes, random), ''),
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    return replaced(bytes, to, to, bytes.subarray(from, to));
  },
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  // A part of another file, put in or in the place of what was there.
  (bytes, random, corpus) => {
    const other = Buffer.from(oneOf(random, corpus));
    const part = other.subarray(...span(other, random));
    const [from, to] = span(bytes, random);
    return replaced(bytes, from, random() < 0.5 ? from : to, part);
  },
  // Random bytes.
  (bytes, random) => {
    const at = place(bytes, random);
    return replaced(
      bytes,
      at,
      at,
      Uint8Array.from({ length: 1 + upTo(random, 8) }, () => upTo(random, 256)),
    );
  },
  // Another number or value in a text.
  (bytes, random) => {
    const numbers = [...bytes.toString('latin1').matchAll(/-?\d+(\.\d+)?|"[^"]{0,40}"|true|false|null/g)];
    if (numbers.length === 0) return bytes;
    const found = oneOf(random, numbers);
    return replaced(bytes, found.index, found.index + found[0].length, oneOf(random, WORDS));
  },
];

/** A file that one of the corpus has become by some changes. */
export function mutate(corpus: readonly Uint8Array[], random: Random): Buffer {
  let bytes: Buffer = Buffer.from(oneOf(random, corpus));
  const changes = 1 + upTo(random, MOST_CHANGES);
  const kinds = random() < 0.5 ? IN_PLACE : [...IN_PLACE, ...MOVING];
  for (let i = 0; i < changes; i++) {
    if (bytes.length === 0) break;
    bytes = oneOf(random, kinds)(bytes, random, corpus);
  }
  return bytes.subarray(0, MOST_BYTES);
}
