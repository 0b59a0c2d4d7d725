import { SightlineError } from '@sightline/core';
import { expect, test } from 'vitest';
import { type FileFailure, readTogether, unreadableImages } from './failures.ts';

const failed = (count: number, reason: string): FileFailure[] =>
  Array.from({ length: count }, (_, i) => ({ path: `${reason}/${i}.png`, reason }));

test('images are named by reason, up to twenty of them', () => {
  expect(unreadableImages('photos', [...failed(2, 'cut'), ...failed(1, 'empty')]).message).toContain(
    'In photos 3 images cannot be read: "cut/0.png", "cut/1.png" (cut); "empty/0.png" (empty). Mend or remove them',
  );
  const { message } = unreadableImages('photos', failed(23, 'cut'));
  expect(message.match(/cut\/\d+\.png/g)).toHaveLength(20);
  expect(message).toContain(' (cut) and 3 more.');
});

test('what several reads could not read is one error, but another error goes first', async () => {
  expect(await readTogether('photos', [Promise.resolve(1), undefined])).toEqual([1, undefined]);
  const cut = Promise.reject(unreadableImages('photos', failed(1, 'cut')));
  const empty = Promise.reject(unreadableImages('photos', failed(2, 'empty')));
  await expect(readTogether('photos', [cut, Promise.resolve(1), empty])).rejects.toMatchObject({
    code: 'unreadable-image',
    details: { failures: [...failed(1, 'cut'), ...failed(2, 'empty')] },
  });
  const full = Promise.reject(new SightlineError('memory', 'too large'));
  await expect(readTogether('photos', [cut, full])).rejects.toThrow('too large');
});
