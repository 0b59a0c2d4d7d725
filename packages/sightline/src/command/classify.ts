/** `sightline classify`: the five classes that VGG16 finds most probable for an image. */
import { decimal, SightlineError } from '@sightline/core';
import { createVgg16, type Guess } from '@sightline/vgg16';
import { defineCommand } from 'citty';
import { readClassNames } from '../run/class-names.ts';
import { decodeItems, failureText, imageFiles } from '../run/read-images.ts';
import { openOutput } from '../terminal/output.ts';
import { listenForInterrupt } from '../terminal/signal.ts';
import { required, sharedOptions } from './options.ts';

/** Images as the head for 200 classes was trained on, and as VGG16's own top was. */
const resized = (side: number) => ({ size: [side, side], interpolation: 'bilinear', fit: 'crop' }) as const;
const EMBEDDED = { top: 'head200', resize: resized(128) } as const;
const OWN_TOP = { top: 'imagenet', resize: resized(224) } as const;
const barWidth = 20;

export const classify = defineCommand({
  meta: { name: 'classify', description: 'The five most probable classes of images, by VGG16' },
  args: {
    images: { type: 'positional', required: false, description: 'Images, and folders of them' },
    weights: {
      type: 'string',
      description: "VGG16 with its top for 1,000 classes: Keras' .h5, or the ONNX Model Zoo's .onnx",
      valueHint: 'FILE',
    },
    'class-names': {
      type: 'string',
      description: "Of --weights: names a line, a JSON array, or Keras' imagenet_class_index.json",
      valueHint: 'FILE',
    },
    ...sharedOptions,
  },
  async run({ args }) {
    const output = openOutput({ isJson: args.json === true });
    const paths = required(args._, 'images', 'sightline classify photograph.jpg');
    const { weights: file, 'class-names': namesFile } = args;
    if (namesFile && !file)
      throw new SightlineError('usage', '--class-names are for the classes of --weights FILE.');
    const { signal, close } = listenForInterrupt();
    try {
      const files = await imageFiles(paths);
      const { top, resize } = file ? OWN_TOP : EMBEDDED;
      const classNames = namesFile ? await readClassNames(namesFile) : undefined;
      const { images, failures } = await decodeItems(
        files.map((path) => ({ path })),
        resize,
        [],
      );
      for (const failure of failures) output.warn(`${failureText(failure)}.`);
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
      const answers = read.map((path, i) => ({ path, classes: guesses[i] ?? [] }));
      const text = answers.map(({ path, classes }) => [path, ...bars(classes)].join('\n')).join('\n\n');
      output.note(`VGG16 on ${provider} (${device})`);
      output.result({ provider, device, weights, images: answers }, text);
      return failures.length === 0 ? 0 : 1;
    } finally {
      close();
    }
  },
});

function bars(classes: readonly Guess[]): string[] {
  const width = Math.max(...classes.map(({ name }) => name.length));
  return classes.map(({ name, probability }) => {
    const bar = '█'.repeat(Math.round(probability * barWidth));
    return `  ${decimal(probability)}  ${name.padEnd(width)}  ${bar}`.trimEnd();
  });
}
