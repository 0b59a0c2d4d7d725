import { SightlineError } from '@sightline/core';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from './safetensors.ts';

function file(header: unknown, body: Uint8Array, announced?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(announced ?? json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes;
}

const tensor = (dtype: string, shape: unknown, data_offsets: unknown) => ({ dtype, shape, data_offsets });

describe('readSafetensors', () => {
  it('reads tensors of each element type where they lie, and the metadata', () => {
    const header = {
      __metadata__: { origin: 'here' },
      half: tensor('F16', [2], [0, 4]),
      single: tensor('F32', [1, 1], [4, 8]),
      byte: tensor('U8', [3], [8, 11]),
    };
    const body = new Uint8Array([0x00, 0x3c, 0x00, 0xc0, 0x00, 0x00, 0x80, 0x3f, 7, 8, 9]);
    const { tensors, metadata } = readSafetensors(file(header, body), 'x');
    expect(metadata).toEqual({ origin: 'here' });
    expect(tensors.get('half')).toEqual({ dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) });
    expect(tensors.get('single')).toEqual({ dtype: 'F32', shape: [1, 1], data: Float32Array.of(1) });
    expect(tensors.get('byte')!.data).toEqual(Uint8Array.of(7, 8, 9));
  });

  it('reads from the middle of a buffer, at any alignment', () => {
    const whole = file({ a: tensor('F32', [1], [0, 4]) }, new Uint8Array([0, 0, 0x80, 0x3f]));
    for (let shift = 0; shift < 8; shift++) {
      // A Buffer, as a file is: its `slice` copies nothing.
      const larger = shift < 4 ? new Uint8Array(whole.length + 8) : Buffer.alloc(whole.length + 8);
      larger.set(whole, shift);
      const { tensors } = readSafetensors(larger.subarray(shift, shift + whole.length), 'x');
      expect(tensors.get('a')!.data).toEqual(Float32Array.of(1));
    }
  });

  const body = new Uint8Array(4);
  it.each([
    ['cut off in the length', new Uint8Array(5), /it has 5 bytes/],
    ['of text', new TextEncoder().encode('<!doctype html>'), /announce a header of \d+ bytes, but 7 follow/],
    ['cut off in the header', file({}, body, 400), /announce a header of 400 bytes, but 6 follow/],
    ['with a header of other things', file('a: 1', body), /its header is no JSON/],
    ['with a list as its header', file([], body), /no JSON object/],
    ['with an entry of null', file({ a: null }, body), /tensor a lacks a dtype/],
    ['of complex numbers', file({ a: tensor('C64', [1], [0, 4]) }, body), /tensor a is C64/],
    ['cut off in a tensor', file({ a: tensor('F32', [2], [0, 8]) }, body), /bytes 0 to 8 of 4/],
    ['with a size below 0', file({ a: tensor('F32', [-1], [0, 4]) }, body), /bytes 0 to 4 of 4/],
    [
      'with a hole',
      file({ a: tensor('U8', [1], [0, 1]), b: tensor('U8', [2], [2, 4]) }, body),
      /a hole at byte 1/,
    ],
    [
      'with tensors in each other',
      file({ a: tensor('U8', [3], [0, 3]), b: tensor('U8', [2], [2, 4]) }, body),
      /overlap at byte 3/,
    ],
    ['with bytes after its tensors', file({ a: tensor('U8', [1], [0, 1]) }, body), /end at byte 1 of 4/],
    [
      'with an endless empty shape',
      file({ a: tensor('U8', [0, 2 ** 40], [0, 0]) }, body),
      /lies at bytes 0 to 0/,
    ],
    ['with a shape of other bytes', file({ a: tensor('F32', [2], [0, 4]) }, body), /has 4 bytes, not 8/],
  ])('says in one sentence what is wrong with a file %s', (_, bytes, why) => {
    expect(() => readSafetensors(bytes, 'w.safetensors')).toThrow(SightlineError);
    expect(() => readSafetensors(bytes, 'w.safetensors')).toThrow(
      /^w.safetensors is not a whole safetensors file/,
    );
    expect(() => readSafetensors(bytes, 'w.safetensors')).toThrow(why);
  });
});
