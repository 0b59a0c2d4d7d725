/**
 * Turbo's task `data`: that the images are those of the lock file. Turbo has hashed the lock by now, so where they
 * aren't, the other tasks would be found in its cache wrongly: the lock is written anew, and the task fails.
 */
import { dataOptions, defineCommand, experimentOptions, runAsProcess } from 'sightline/cli';
import { lockDataset, shownPath } from './dataset.ts';

const command = defineCommand({
  usage: '',
  examples: [],
  options: { data: experimentOptions.data, ...dataOptions },
  async run({ values: { data, ...overrides }, output, work: { signal }, exitWith }) {
    const { dataset, wasLocked } = await lockDataset(data, { ...overrides, signal, onStep: output.note });
    if (wasLocked) return;
    const where = shownPath(dataset.root);
    output.warn(
      `The images in ${where} are not those of the lock file, which is written anew. Run it again.`,
    );
    exitWith(1);
  },
});

await runAsProcess({ name: 'data', summary: 'Check the images against the lock file', command });
