// `npm run fuzz -- safetensors`

import { readSafetensors } from './safetensors.ts';

export function seeds(): Uint8Array[] {
  const header = {
    __metadata__: { origin: 'here' },
    'block1.weight': { dtype: 'F32', shape: [2, 1], data_offsets: [0, 8] },
    'block1.bias': { dtype: 'F16', shape: [2], data_offsets: [8, 12] },
    empty: { dtype: 'U8', shape: [0, 3], data_offsets: [12, 12] },
    bytes: { dtype: 'U8', shape: [3], data_offsets: [12, 15] },
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return [Buffer.concat([length, json, Buffer.from('0123456789abcde')])];
}

export const parse = (bytes: Uint8Array): unknown => readSafetensors(bytes, 'The file');
