/** The ranges of pixel values that networks take. */

type Channels = readonly [red: number, green: number, blue: number];

interface Normalization {
  /** In units of pixel values / 255. */
  readonly mean: Channels;
  readonly deviation: Channels;
  /** In a sentence. */
  readonly words: string;
}

const same = (value: number): Channels => [value, value, value];

/** value = (pixel / 255 - mean) / deviation. */
export const INPUT_RANGES = {
  '0-1': { mean: same(0), deviation: same(1), words: 'pixel values from 0 to 1' },
  '0-255': { mean: same(0), deviation: same(1 / 255), words: 'pixel values from 0 to 255' },
  '-1-1': { mean: same(0.5), deviation: same(0.5), words: 'pixel values from -1 to 1' },
  /** Of ImageNet's training images, as torchvision and timm have them. */
  imagenet: {
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
    words: "pixel values by ImageNet's mean and deviation",
  },
} as const satisfies Readonly<Record<string, Normalization>>;

export type InputRange = keyof typeof INPUT_RANGES;

export const INPUT_RANGE_NAMES = Object.keys(INPUT_RANGES) as [InputRange, ...InputRange[]];
