import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainPaths } from './plain-paths.ts';

test.each([
  ['sightline train /home/ada/photos --seed 1', 'sightline train photos --seed 1'],
  ["sightline train '/home/ada/my photos' --seed 1", "sightline train 'my photos' --seed 1"],
  ['sightline train --data=/srv/photos.zip', 'sightline train --data=photos.zip'],
  ['sightline train C:\\Users\\ada\\photos', 'sightline train photos'],
  ['sightline train ../../photos --out ../runs', 'sightline train photos --out runs'],
  ['Could not write "/mnt/big disk/runs/a": the disk is full.', 'Could not write "a": the disk is full.'],
  ['/home/ada', 'ada'],
])('%s', (text, plain) => {
  expect(plainPaths(text)).toBe(plain);
});

test('relative paths, fractions and addresses stay', () => {
  const text = 'sightline train photos/cats --seed 1, 4/5 of https://example.com/a, either/or';
  expect(plainPaths(text)).toBe(text);
});

test('no folder of an absolute path is left, whatever it is called', () => {
  const name = fc.stringMatching(/^[a-z0-9._-]{3,12}$/).filter((part) => !/^\.+$/.test(part));
  fc.assert(
    fc.property(fc.array(name, { minLength: 2, maxLength: 5 }), (parts) => {
      const plain = plainPaths(`train /${parts.join('/')} --seed 1`);
      expect(plain).toBe(`train ${parts.at(-1)} --seed 1`);
    }),
  );
});
