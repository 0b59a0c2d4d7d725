// Every operation of the list: what it samples, what that does to a picture, how it is described, and what it refuses.
// A new operation fails here until it has its case.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomFor } from '../random/random.ts';
import { applyAugmentation, describeAugmentation, sampleAugmentation } from './augmentation.ts';
import {
  ALL,
  type AugmentationOptions,
  type AugmentationParameters,
  augmentationSettings,
  type OperationName,
} from './operations.ts';
import { mix } from './ops/mix.ts';

const HEIGHT = 20;
const WIDTH = 40;

const sample = (options: AugmentationOptions, count = 2000) => {
  const settings = augmentationSettings(options);
  const size = { height: HEIGHT, width: WIDTH };
  return Array.from({ length: count }, (_, i) =>
    sampleAugmentation(settings, size, (name) => randomFor(3, i, name)),
  );
};

/** Where the middle of the light is after the parameters, of a white spot in a black square of 21: row and column. */
function seen(
  parameters: AugmentationParameters,
  [row, column]: readonly [number, number],
): [number, number] {
  const side = 21;
  const pixels = new Uint8Array(side * side * 3);
  for (let y = row - 1; y <= row + 1; y++)
    for (let x = column - 1; x <= column + 1; x++)
      pixels.fill(255, (y * side + x) * 3, (y * side + x) * 3 + 3);
  const out = new Float32Array(pixels.length);
  const image = { pixels, from: 0, height: side, width: side };
  applyAugmentation(image, parameters, { fill: 'constant', fillValue: 0 }, out, 0, 1);
  let [light, rows, columns] = [0, 0, 0];
  for (let i = 0; i < side * side; i++) {
    light += out[i * 3]!;
    rows += out[i * 3]! * Math.floor(i / side);
    columns += out[i * 3]! * (i % side);
  }
  return [Math.round(rows / light), Math.round(columns / light)];
}

/** A gray image of 2 x 2 with these values, after the parameters. */
function grayAfter(parameters: AugmentationParameters, values: readonly number[]): number[] {
  const pixels = Uint8Array.from(values.flatMap((value) => [value, value, value]));
  const out = new Float32Array(12);
  applyAugmentation(
    { pixels, from: 0, height: 2, width: 2 },
    parameters,
    { fill: 'nearest', fillValue: 0 },
    out,
    0,
    1,
  );
  return [0, 3, 6, 9].map((at) => Math.round(out[at]!));
}

interface Case {
  /** Options under which it samples. */
  readonly options: AugmentationOptions;
  /** Numbers in what is sampled, each with the range that uniform samples cover. */
  readonly covers?: readonly (readonly [
    of: (parameters: AugmentationParameters) => number,
    low: number,
    high: number,
  ])[];
  /** Options under which it does nothing. */
  readonly off?: AugmentationOptions;
  /** What is seen in a picture. */
  readonly does: () => void;
  readonly described: readonly (readonly [AugmentationParameters, string])[];
  /** A refused value, and the message. */
  readonly refuses: readonly [options: object, message: string];
}

const moved = (
  parameters: AugmentationParameters,
  from: readonly [number, number],
  to: readonly [number, number],
) => expect(seen(parameters, from)).toEqual(to);

const CASES: Readonly<Record<OperationName, Case>> = {
  randomResizedCrop: {
    options: { randomResizedCrop: {} },
    covers: [[({ randomResizedCrop: crop }) => (crop!.height * crop!.width) / (HEIGHT * WIDTH), 0.08, 1]],
    does: () => {
      moved({ randomResizedCrop: { top: 7, left: 0, height: 7, width: 21 } }, [10, 10], [10, 10]);
      // The upper left quarter becomes the whole: pixel (5, 5) ends up twice as far from the corner.
      moved({ randomResizedCrop: { top: 0, left: 0, height: 10.5, width: 10.5 } }, [4, 4], [9, 9]);
    },
    described: [
      [
        { randomResizedCrop: { top: 1.234, left: 20, height: 33.3333, width: 41.25 } },
        'cropped to 41.3 × 33.3 at 20, 1.23',
      ],
    ],
    refuses: [
      { randomResizedCrop: { scale: [1, 0.5] } },
      'augmentation.randomResizedCrop.scale must be a range of two numbers, low to high, not [1,0.5].',
    ],
  },
  rotation: {
    options: { rotation: 20 },
    covers: [[({ rotation }) => rotation!, -20, 20]],
    off: { rotation: 0 },
    does: () => moved({ rotation: 90 }, [3, 10], [10, 3]),
    described: [
      [{ rotation: 90 }, 'rotated left 90.0°'],
      [{ rotation: -12.44 }, 'rotated right 12.4°'],
    ],
    refuses: [{ rotation: -3 }, 'augmentation.rotation must be a number of 0 or more, not -3.'],
  },
  heightShift: {
    options: { heightShift: 3 },
    covers: [[({ heightShift }) => heightShift!, -3, 3]],
    off: { heightShift: 0 },
    does: () => moved({ heightShift: 4 }, [10, 10], [6, 10]),
    described: [[{ heightShift: 4 }, 'moved up 4.0 px']],
    refuses: [{ heightShift: 'a' }, 'augmentation.heightShift must be a number of 0 or more, not "a".'],
  },
  widthShift: {
    options: { widthShift: 0.1 },
    covers: [[({ widthShift }) => widthShift!, -4, 4]],
    off: { widthShift: 0 },
    does: () => moved({ widthShift: -4 }, [10, 10], [10, 14]),
    described: [[{ widthShift: -4 }, 'moved right 4.0 px']],
    refuses: [{ widthShift: null }, 'augmentation.widthShift must be a number of 0 or more, not null.'],
  },
  translation: {
    options: { translation: 3 },
    covers: [
      [({ translation }) => translation?.[0] ?? 0, -3, 3],
      [({ translation }) => translation?.[1] ?? 0, -3, 3],
    ],
    off: { translation: 0 },
    does: () => moved({ translation: [4, -3] }, [10, 10], [6, 13]),
    described: [
      [{ translation: [2, -1] }, 'moved up 2 px, moved right 1 px'],
      [{ translation: [0, 1] }, 'moved left 1 px'],
    ],
    refuses: [
      { translation: 0.5 },
      'augmentation.translation must be a whole number from 0 to 1024, not 0.5.',
    ],
  },
  shear: {
    options: { shear: 10 },
    covers: [[({ shear }) => shear!, -10, 10]],
    off: { shear: 0 },
    // tan of 45° is 1: five rows below the center, a pixel moves by five times the row's stretch of 1 / cos.
    does: () => moved({ shear: 45 }, [15, 10], [17, 15]),
    described: [[{ shear: -9 }, 'sheared −9.0°']],
    refuses: [{ shear: -1 }, 'augmentation.shear must be a number of 0 or more, not -1.'],
  },
  zoom: {
    options: { zoom: [0.5, 2] },
    covers: [
      [({ zoom }) => zoom![0], 0.5, 2],
      [({ zoom }) => zoom![1], 0.5, 2],
    ],
    off: { zoom: 0 },
    does: () => moved({ zoom: [0.5, 0.8] }, [8, 6], [6, 5]),
    described: [[{ zoom: [0.5, 0.8] }, 'width ×1.25, height ×2']],
    refuses: [
      { zoom: [2, 1] },
      'augmentation.zoom must be a number from 0 to below 1, or a range of two numbers above 0, low to high, not [2,1].',
    ],
  },
  horizontalFlip: {
    options: { horizontalFlip: true },
    off: { horizontalFlip: false },
    does: () => moved({ horizontalFlip: true }, [3, 4], [3, 16]),
    described: [[{ horizontalFlip: true }, 'flipped']],
    refuses: [{ horizontalFlip: 1 }, 'augmentation.horizontalFlip must be true or false, not 1.'],
  },
  alternatingFlip: {
    options: { alternatingFlip: true },
    off: { alternatingFlip: false },
    does: () => {
      moved({ alternatingFlip: true }, [3, 4], [3, 16]);
      const settings = augmentationSettings({ alternatingFlip: true });
      const size = { height: HEIGHT, width: WIDTH };
      const flips = (image: number) =>
        [1, 2, 3, 4].map((epoch) => {
          const stream = (name: string, inEachEpoch: boolean) =>
            inEachEpoch ? randomFor(3, image, name) : randomFor(3, epoch, image, name);
          return 'alternatingFlip' in sampleAugmentation(settings, size, stream, epoch);
        });
      for (let image = 0; image < 50; image++) {
        const [first] = flips(image);
        expect(flips(image)).toEqual([first, !first, first, !first]);
      }
    },
    described: [[{ alternatingFlip: true }, 'flipped']],
    refuses: [{ alternatingFlip: 2 }, 'augmentation.alternatingFlip must be true or false, not 2.'],
  },
  verticalFlip: {
    options: { verticalFlip: true },
    off: { verticalFlip: false },
    does: () => moved({ verticalFlip: true }, [3, 4], [17, 4]),
    described: [[{ verticalFlip: true }, 'upside down']],
    refuses: [{ verticalFlip: 'yes' }, 'augmentation.verticalFlip must be true or false, not "yes".'],
  },
  channelShift: {
    options: { channelShift: 40 },
    covers: [[({ channelShift }) => channelShift!, -40, 40]],
    off: { channelShift: 0 },
    does: () => expect(grayAfter({ channelShift: 30 }, [10, 100, 150, 200])).toEqual([40, 130, 180, 200]),
    described: [[{ channelShift: -12.34 }, 'pixel values −12.3']],
    refuses: [{ channelShift: -1 }, 'augmentation.channelShift must be a number of 0 or more, not -1.'],
  },
  brightness: {
    options: { brightness: [0.2, 0.4] },
    covers: [[({ brightness }) => brightness!, 0.2, 0.4]],
    does: () => expect(grayAfter({ brightness: 1.5 }, [0, 100, 150, 200])).toEqual([0, 150, 225, 255]),
    described: [[{ brightness: 0.5 }, 'brightness ×0.5']],
    refuses: [
      { brightness: [-1, 1] },
      'augmentation.brightness must be a range of two numbers, low to high, not [-1,1].',
    ],
  },
  colorJitter: {
    options: { colorJitter: { brightness: 0.3, hue: 0.1 } },
    covers: [
      [({ colorJitter }) => colorJitter!.brightness, 0.7, 1.3],
      [({ colorJitter }) => colorJitter!.hue, -0.1, 0.1],
    ],
    // Its steps equal Pillow's: pixel-values.test.ts.
    does: () => {
      const parameters = { brightness: 1, contrast: 0, saturation: 1, hue: 0.5 };
      expect(grayAfter({ colorJitter: parameters }, [0, 100, 150, 150])).toEqual([100, 100, 100, 100]);
    },
    described: [
      [
        { colorJitter: { brightness: 1, contrast: 1, saturation: 1.25, hue: -0.0372 } },
        'saturation ×1.25, hue −0.037',
      ],
    ],
    refuses: [
      { colorJitter: { hue: 0.6 } },
      'augmentation.colorJitter.hue must be a number from 0 to 0.5, not 0.6.',
    ],
  },
  randAugment: {
    options: { randAugment: { count: 3 } },
    // Its steps equal Pillow's, or those of other operations: pixel-values.test.ts.
    does: () => {
      moved(
        {
          randAugment: [
            { name: 'rotate', amount: 90 },
            { name: 'translateY', amount: 4 / 21 },
          ],
        },
        [10, 7],
        [9, 10],
      );
      expect(grayAfter({ randAugment: [{ name: 'solarize', amount: 155 }] }, [0, 99, 100, 255])).toEqual([
        0, 99, 155, 0,
      ]);
    },
    described: [
      [
        {
          randAugment: [
            { name: 'autoContrast', amount: 0 },
            { name: 'shearX', amount: -0.09 },
          ],
        },
        'auto contrast, shear x −0.09',
      ],
    ],
    refuses: [
      { randAugment: { count: 1.5 } },
      'augmentation.randAugment.count must be a whole number from 0 to 20, not 1.5.',
    ],
  },
  cutout: {
    options: { cutout: 0.5 },
    off: { cutout: 0 },
    does: () =>
      expect(grayAfter({ cutout: { row: 1, column: 1, side: 1 } }, [9, 9, 9, 9])).toEqual([9, 9, 9, 0]),
    described: [[{ cutout: { row: 3, column: 40, side: 19 } }, 'a square of 19 px cut out at 40, 3']],
    refuses: [{ cutout: 2 }, 'augmentation.cutout must be a number from 0 to 1, not 2.'],
  },
};

it('has a case for every operation', () => {
  expect(Object.keys(CASES).sort()).toEqual(ALL.map(({ name }) => name).sort());
});

describe.each(ALL.map(({ name }) => [name, CASES[name as OperationName]] as const))('%s', (name, test) => {
  it('samples within its range, covers it, and samples nothing when it is off', () => {
    const all = sample(test.options);
    expect(all.flatMap((parameters) => Object.keys(parameters)).every((key) => key === name)).toBe(true);
    // What a fair coin gives: 2,000 tosses are beyond these bounds once in 10^10 runs.
    if (name.endsWith('Flip')) expect(Math.abs(all.filter((p) => name in p).length - 1000)).toBeLessThan(150);
    for (const [of, low, high] of test.covers ?? []) {
      const values = all.map(of);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low - 1e-9);
      expect(Math.max(...values)).toBeLessThanOrEqual(high + 1e-9);
      // Of 2,000 uniform samples, the farthest from an end misses it by more than 1% once in 10^8 runs; an area is cut
      // where its aspect ratio does not fit, so its largest values are rare.
      const slack = (high - low) * (name === 'randomResizedCrop' ? 0.1 : 0.01);
      expect(Math.min(...values)).toBeLessThan(low + slack);
      expect(Math.max(...values)).toBeGreaterThan(high - slack);
    }
    if (test.off)
      expect(sample(test.off, 50).every((parameters) => Object.keys(parameters).length === 0)).toBe(true);
  });

  it('changes the picture as it says', () => {
    test.does();
    for (const [parameters, words] of test.described) expect(describeAugmentation(parameters)).toBe(words);
  });

  it('has a stream of its own: other operations do not change what it samples', () => {
    const alone = sample(test.options, 5).map((parameters) => parameters[name as OperationName]);
    const others = { rotation: 5, cutout: 0.2, brightness: [0.9, 1.1] as const, randAugment: {}, zoom: 0.1 };
    const together = sample({ ...others, ...test.options }, 5);
    expect(together.map((parameters) => parameters[name as OperationName])).toEqual(alone);
  });

  it('stores what it sampled as JSON, and refuses options that make no sense', () => {
    const { parameters } = ALL.find((operation) => operation.name === name)!;
    for (const value of sample(test.options, 20).map((p) => p[name as OperationName])) {
      if (value !== undefined) expect(parameters.parse(JSON.parse(JSON.stringify(value)))).toEqual(value);
    }
    const [options, message] = test.refuses;
    expect(() => augmentationSettings(options)).toThrow(message);
  });

  it('stands in the README with its description', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const { schema } = ALL.find((operation) => operation.name === name)!;
    expect(readme).toContain(`- \`${name}\`: ${schema.description}\n`);
  });
});

it('does nothing by default, and says so', () => {
  expect(sample({}, 1)).toEqual([{}]);
  expect(describeAugmentation({})).toBe('unchanged');
  expect(describeAugmentation({ horizontalFlip: true, brightness: 0.5 })).toBe('flipped, brightness ×0.5');
});

it('refuses names that no operation has, and takes undefined for left out', () => {
  expect(() => augmentationSettings({ rotate: 3 } as object)).toThrow(
    /^There is no augmentation "rotate"\. Expected some of randomResizedCrop, rotation, .*fillValue\.$/,
  );
  expect(augmentationSettings({ rotation: undefined } as object)).toEqual({ fill: 'nearest', fillValue: 0 });
  expect(() => augmentationSettings({ mix: {} } as object)).toThrow(
    'augmentation.mix.kind must be one of mixup, cutmix, not undefined.',
  );
});

it('describes what other programs sampled by name and value', () => {
  expect(
    describeAugmentation({ angle: 3.123456, flip_horizontal: true, shift: [1, 2.0001], rotation: 'twenty' }),
  ).toBe('angle 3.12, flip horizontal yes, shift 1 × 2, rotation twenty');
  expect(describeAugmentation({ [mix.name]: { share: 0.7, label: 'dog', path: 'a.png' } })).toBe(
    '30% of another image (dog) mixed in',
  );
});

it('gives finite pixel values from 0 to 255 for anything that can be sampled', () => {
  const pixels = Uint8Array.from({ length: 12 * 9 * 3 }, (_, i) => (i * 37) % 256);
  const number = (max: number) => fc.double({ min: 0, max, noNaN: true });
  const options = fc.record(
    {
      rotation: number(180),
      shear: number(80),
      zoom: number(0.9),
      widthShift: number(50),
      horizontalFlip: fc.boolean(),
      verticalFlip: fc.boolean(),
      randomResizedCrop: fc.constant({}),
      colorJitter: fc.constant({ brightness: 0.9, contrast: 0.9, saturation: 0.9, hue: 0.5 }),
      randAugment: fc.record({ count: fc.nat(5), magnitude: fc.nat(30) }),
      cutout: number(1),
      fill: fc.constantFrom('nearest' as const, 'constant' as const, 'reflect' as const, 'wrap' as const),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(options, fc.nat(), (given, seed) => {
      const out = new Float32Array(pixels.length);
      const image = { pixels, from: 0, height: 12, width: 9 };
      const settings = augmentationSettings(given);
      const parameters = sampleAugmentation(settings, image, (name) => randomFor(seed, name));
      applyAugmentation(image, parameters, settings, out, 0, 1);
      // A float's last bits beyond white.
      expect(out.every((value) => value >= -1e-3 && value <= 255.001)).toBe(true);
    }),
    { numRuns: 400, seed: 5 },
  );
});
