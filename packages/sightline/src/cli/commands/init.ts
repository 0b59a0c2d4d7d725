/** `sightline init`: a commented configuration. */

import { quoted } from '@sightline/core';
import { PROGRAM } from '../../config/command-line.ts';
import { initConfig } from '../../index.ts';
import { defineCommand } from '../command.ts';
import { option, text } from '../option.ts';

export const command = defineCommand({
  usage: '[DIR]',
  arguments: { DIR: 'The folder of the configuration. Default: the working folder' },
  examples: [
    { command: 'sightline init', does: 'Write sightline.config.ts' },
    { command: 'sightline init --data photos', does: 'The same for the images in photos' },
  ],
  options: {
    data: option(text('a folder of images').optional(), {
      description: 'The images: a folder, a .zip, or a .csv or .jsonl table',
      hint: 'DIR',
      defaultText: 'photos, beside the configuration',
    }),
  },
  async run({ values: { data }, args: [dir], output }) {
    const { file } = initConfig(dir, { data });
    output.result({ file }, file);
    output.next({ command: `${PROGRAM} train ${quoted(file)}`, does: 'Train its experiments' });
  },
});
