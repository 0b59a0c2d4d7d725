/** `pnpm data`: CIFAR-10 in the folder `data`. */
import { cacheFolder } from '@sightline/core/files';
import { defineCommand, runAsProcess } from 'sightline/cli';
import { prepareCifar10 } from './data.ts';
import { places } from './places.ts';

const command = defineCommand({
  usage: '',
  examples: [],
  options: {},
  run: ({ output, work: { signal } }) =>
    prepareCifar10(cacheFolder(), places.data, { signal, onStep: output.note }),
});

await runAsProcess({ name: 'data', summary: 'Fetch CIFAR-10', command });
