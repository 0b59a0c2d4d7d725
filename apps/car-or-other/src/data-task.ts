/**
 * Turbo's task `data`: that the images are those of the lock file. Turbo has hashed the lock by now, so where they
 * aren't, the other tasks would be found in its cache wrongly: the lock is written anew, and the task fails.
 */
import { runTask } from 'sightline/program';
import { lockDataset, shownPath } from './dataset.ts';

await runTask(async ({ signal, output }) => {
  const root = process.env.SIGHTLINE_DATA || undefined;
  const { dataset, wasLocked } = await lockDataset(root, { signal, onStep: (step) => output.note(step) });
  if (wasLocked) return 0;
  const where = shownPath(dataset.root);
  output.warn(
    `The images in ${where} are not those that the lock file named: it is written anew. Run it again.`,
  );
  return 1;
});
