/** `sightline classify`: the five most probable of VGG16's classes for an image. */

import { decimal, SightlineError } from '@sightline/core';
import type { Guess } from '@sightline/vgg16';
import { defineCommand } from '../command.ts';
import { option, text } from '../option.ts';

/** Images as the head for 200 classes was trained on, and as VGG16's own top was. */
const resized = (side: number) => ({ size: [side, side], interpolation: 'bilinear', fit: 'crop' }) as const;
const EMBEDDED = { top: 'head200', resize: resized(128) } as const;
const OWN_TOP = { top: 'imagenet', resize: resized(224) } as const;
const BAR_WIDTH = 20;

export const command = defineCommand({
  usage: 'IMAGE...',
  arguments: { IMAGE: 'Images, and folders of them' },
  examples: [{ command: 'sightline classify photo.jpg', does: 'The five most probable classes' }],
  options: {
    weights: option(text('a file of weights').optional(), {
      description: "VGG16 with its top for 1,000 classes: Keras' .h5, or the ONNX Model Zoo's .onnx",
      hint: 'FILE',
    }),
    classNames: option(text('a file of class names').optional(), {
      description: "Names for --weights: one per line, a JSON array, or Keras' imagenet_class_index.json",
      hint: 'FILE',
    }),
  },
  async run({ values: { weights: file, classNames: namesFile }, args, output, work: { signal }, exitWith }) {
    if (namesFile && !file) {
      throw new SightlineError('usage', '--class-names are for the classes of --weights FILE.');
    }
    const [{ createVgg16 }, { readClassNames }, { decodeItems, imageFiles }] = await Promise.all([
      import('@sightline/vgg16'),
      import('../../model/class-names.ts'),
      import('../../model/read-images.ts'),
    ]);
    const files = await imageFiles(args);
    const { top, resize } = file ? OWN_TOP : EMBEDDED;
    const classNames = namesFile ? await readClassNames(namesFile) : undefined;
    const { images, failures } = await decodeItems(
      files.map((path) => ({ path })),
      resize,
      [],
    );
    for (const { path, reason } of failures) output.warn(`${path} can't be read as an image: ${reason}.`);
    const { data, paths: read } = images;
    if (read.length === 0) throw new SightlineError('data', 'None of the images could be read.');
    const vgg16 = await createVgg16({
      top,
      ...(file ? { weights: file } : {}),
      ...(classNames ? { classNames } : {}),
      inputSize: resize.size,
      batchSize: Math.min(read.length, 32),
    });
    const guesses = await vgg16.classify(data, read.length, { signal });
    const { provider, device, weights } = vgg16;
    await vgg16.release();
    const found = read.map((path, i) => ({ path, classes: guesses[i] ?? [] }));
    output.note(`VGG16 on ${provider} (${device})`);
    output.result(
      { provider, device, weights, images: found },
      found.map(({ path, classes }) => [path, ...bars(classes)].join('\n')).join('\n\n'),
    );
    if (failures.length > 0) exitWith(1);
  },
});

function bars(classes: readonly Guess[]): string[] {
  const width = Math.max(...classes.map(({ name }) => name.length));
  return classes.map(({ name, probability }) => {
    const bar = '█'.repeat(Math.round(probability * BAR_WIDTH));
    return `  ${decimal(probability)}  ${name.padEnd(width)}  ${bar}`.trimEnd();
  });
}
