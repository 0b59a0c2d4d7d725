// Color jitter, as in torchvision: brightness, contrast, saturation and hue, each by a random amount.

import { z } from 'zod';
import { amount, group, operation, short, signed } from './operation.ts';
import { adjustBrightness, adjustContrast, adjustSaturation, turnHue } from './pixel-values.ts';

export const colorJitter = operation({
  name: 'colorJitter',
  schema: group({
    brightness: amount(0)
      .default(0)
      .describe('Factors from 1 - brightness (never below 0) to 1 + brightness.'),
    contrast: amount(0).default(0).describe('Likewise, from the mean gray.'),
    saturation: amount(0).default(0).describe('Likewise, from the gray of each pixel.'),
    hue: amount(0, 0.5).default(0).describe('Turns of the color circle, within ±hue.'),
  }).describe('Changes colors: { brightness, contrast, saturation, hue }, each 0 by default.'),
  parameters: z.object({
    brightness: z.number(),
    contrast: z.number(),
    saturation: z.number(),
    hue: z.number(),
  }),
  sample: ({ brightness, contrast, saturation, hue }, _, random) => {
    const factor = (by: number) => (by === 0 ? 1 : random.uniform(Math.max(0, 1 - by), 1 + by));
    return {
      brightness: factor(brightness),
      contrast: factor(contrast),
      saturation: factor(saturation),
      hue: hue === 0 ? 0 : random.uniform(-hue, hue),
    };
  },
  apply: (image, { brightness, contrast, saturation, hue }) => {
    if (brightness !== 1) adjustBrightness(image, brightness);
    if (contrast !== 1) adjustContrast(image, contrast);
    if (saturation !== 1) adjustSaturation(image, saturation);
    if (hue !== 0) turnHue(image, hue);
  },
  describe: ({ hue, ...factors }) =>
    [
      ...Object.entries(factors).map(([name, factor]) => (factor === 1 ? '' : `${name} ×${short(factor)}`)),
      hue === 0 ? '' : `hue ${signed(hue, 3)}`,
    ]
      .filter((part) => part !== '')
      .join(', '),
});
