/** Turbo's task `features`: VGG16's features of both splits, computed unless they are kept already. */
import { counted, duration } from '@sightline/core';
import { experimentFeatures } from 'sightline';
import { dataOptions, defineCommand, experimentOptions, runAsProcess } from 'sightline/cli';

const command = defineCommand({
  usage: '',
  examples: [],
  options: { data: experimentOptions.data, ...dataOptions },
  async run({ values, output, work }) {
    const kept = await experimentFeatures(undefined, { ...values, experiment: 'vgg16-backend', ...work });
    const time = kept.wereKept ? 'kept from before' : duration(kept.seconds);
    output.note(`features  ${counted(kept.images, 'image')} on ${kept.provider} (${kept.device}), ${time}`);
  },
});

await runAsProcess({
  name: 'features',
  summary: 'Compute the features that vgg16-backend trains on',
  command,
});
