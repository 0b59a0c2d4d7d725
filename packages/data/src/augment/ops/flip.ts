// Mirroring: an exact permutation of pixels.

import { IDENTITY } from '@sightline/image';
import { z } from 'zod';
import type { Random } from '../../random/random.ts';
import { flag, operation } from './operation.ts';

const toss = (isOn: boolean, _: unknown, random: Random) => (isOn && random.next() < 0.5 ? true : null);

export const horizontalFlip = operation({
  name: 'horizontalFlip',
  schema: flag().describe('Mirrors every second image, left to right.'),
  parameters: z.literal(true),
  sample: toss,
  map: () => ({ ...IDENTITY, d: -1 }),
  describe: () => 'flipped',
});

export const verticalFlip = operation({
  name: 'verticalFlip',
  schema: flag().describe('Turns every second image upside down.'),
  parameters: z.literal(true),
  sample: toss,
  map: () => ({ ...IDENTITY, a: -1 }),
  describe: () => 'upside down',
});
