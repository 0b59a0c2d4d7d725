/** `sightline classify`: the most probable of ImageNet's classes for an image. */

import { decimal, SightlineError, visible } from '@sightline/core';
import { CLASSIFIER_NAMES } from '@sightline/models/backbones';
import { PROGRAM } from '../../config/command-line.ts';
import { classify } from '../../index.ts';
import { defineCommand } from '../command.ts';
import { choice, flag, option, text, wholeNumber } from '../option.ts';

const BAR_WIDTH = 20;

export const command = defineCommand({
  usage: 'IMAGE...',
  arguments: { IMAGE: 'Images, and folders of them' },
  examples: [
    { command: 'sightline classify photo.jpg', does: 'The five most probable classes' },
    {
      command: 'sightline classify photo.jpg --backbone vgg16 --download',
      does: 'The same by VGG16 (553 MB, once)',
    },
  ],
  options: {
    backbone: option(choice(CLASSIFIER_NAMES).optional(), {
      description: `The network: ${CLASSIFIER_NAMES.join(', ')} (200 classes without --weights)`,
      hint: 'NAME',
      defaultText: 'efficientnet-lite0',
    }),
    top: option(wholeNumber(1).default(5), { description: 'Show the K most probable classes', hint: 'K' }),
    weights: option(text('a file of weights').optional(), {
      description: "VGG16 with its top for 1,000 classes: Keras' .h5, or the ONNX Model Zoo's .onnx",
      hint: 'FILE',
    }),
    download: flag('Download these weights from Keras, once, and check them'),
    classNames: option(text('a file of class names').optional(), {
      description: "Names for --weights: one per line, a JSON array, or Keras' imagenet_class_index.json",
      hint: 'FILE',
      defaultText: "ImageNet's",
    }),
  },
  async run({ values, args, output, work, exitWith }) {
    const { images, failures, ...facts } = await classify(args, { ...values, ...work });
    for (const { path, reason } of failures)
      output.warn(`${visible(path)} can't be read as an image: ${reason}.`);
    if (images.length === 0) throw new SightlineError('data', 'None of the images could be read.');
    output.note(`${facts.backbone} on ${facts.provider} (${facts.device})`);
    output.result(
      { ...facts, images },
      images.map(({ path, classes }) => [visible(path), ...bars(classes)].join('\n')).join('\n\n'),
    );
    output.next({ command: `${PROGRAM} train DIR`, does: 'Train on classes of your own: DIR/<class>/*' });
    if (failures.length > 0) exitWith(1);
  },
});

type Classes = Awaited<ReturnType<typeof classify>>['images'][number]['classes'];

/** Two pairs of ImageNet's classes have one name: a synonym or the WordNet id tells them apart. */
const AMBIGUOUS = new Set(['crane', 'maillot']);

function nameOf({ name, synonyms, wnid }: Classes[number]): string {
  const other = synonyms?.[0] ?? wnid;
  return AMBIGUOUS.has(name) && other ? `${name} (${other})` : name;
}

function bars(classes: Classes): string[] {
  const width = Math.max(...classes.map((each) => nameOf(each).length));
  return classes.map((each) => {
    const bar = '█'.repeat(Math.round(each.probability * BAR_WIDTH));
    return `  ${decimal(each.probability)}  ${nameOf(each).padEnd(width)}  ${bar}`.trimEnd();
  });
}
