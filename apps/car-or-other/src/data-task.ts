/**
 * Turbo's task `data`: that the images are those of the lock file. Turbo has hashed the lock by now, so where they
 * aren't, the other tasks would be found in its cache wrongly: the lock is written anew, and the task fails. The task
 * `lock`, which nothing waits for, brings the lock up to date before.
 */
import { dataOptions, defineCommand, experimentOptions, flag, runAsProcess } from 'sightline/cli';
import { lockDataset, shownPath } from './dataset.ts';

const command = defineCommand({
  usage: '',
  examples: [],
  options: {
    data: experimentOptions.data,
    ...dataOptions,
    update: flag('Bring the lock file up to date'),
  },
  async run({ values: { data, update, ...overrides }, output, work: { signal }, exitWith }) {
    const { dataset, wasLocked } = await lockDataset(data, { ...overrides, signal, onStep: output.note });
    if (wasLocked || update) return;
    const where = shownPath(dataset.root);
    output.warn(
      `The images in ${where} are not those of the lock file, which is written anew. Run it again, and turbo run lock before it where images change.`,
    );
    exitWith(1);
  },
});

await runAsProcess({ name: 'data', summary: 'Check the images against the lock file', command });
