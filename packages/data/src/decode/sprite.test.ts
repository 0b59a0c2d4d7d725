// Sprites: one image per row of pixels.

import { encodePng } from '@sightline/image';
import { describe, expect, it } from 'vitest';
import { openSprite } from './sprite.ts';

describe('a sprite', () => {
  it('holds an image per row', async () => {
    const data = Uint8Array.from({ length: 4 * 3 * 3 }, (_, i) => i);
    const sprite = await openSprite(encodePng({ data, width: 4, height: 3, channels: 3 }), 2, 'x.png');
    expect(sprite.count).toBe(3);
    expect([...sprite.image(1).data]).toEqual([...data.subarray(12, 24)]);
  });

  it('must have the width of its images', async () => {
    const png = encodePng({ data: new Uint8Array(15), width: 5, height: 1, channels: 3 });
    await expect(openSprite(png, 2, 'x.png')).rejects.toThrow(/x\.png must be 4 pixels wide .* not 5/);
    await expect(openSprite(Buffer.from('nothing like a png'), 2, 'x.png')).rejects.toThrow(
      /x\.png cannot be read/,
    );
  });
});
