// Memory of batches that nobody reads any more, for the batches of other sources: to get new memory from the system
// takes as long as to fill it.

type Buffer = Float32Array<SharedArrayBuffer>;

/** Bytes that are kept at most. */
const MAX_KEPT = 1 << 26;

let kept: Buffer[] = [];

/** A buffer of exactly so many numbers. What is in it is undefined. */
export function takeBuffer(length: number): Buffer {
  const at = kept.findIndex((buffer) => buffer.length === length);
  if (at >= 0) return kept.splice(at, 1)[0]!;
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}

/** Gives buffers back. Those that were given back longest ago are dropped where there are too many. */
export function releaseBuffers(buffers: readonly Buffer[]): void {
  kept.push(...buffers);
  let bytes = kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
  kept = kept.filter(({ byteLength }) => {
    const isKept = bytes <= MAX_KEPT;
    if (!isKept) bytes -= byteLength;
    return isKept;
  });
}
