/** Whether a run can be gone on with: only one of the same data, seed and configuration. */
import { ModelError } from '@sightline/models';
import { readRun } from '@sightline/runs';
import type { Settings } from '../experiment/settings.ts';

/** @throws ModelError `resume` that names what differs; RunsError where there is no run */
export function checkResumable(settings: Settings, dataHash: string): void {
  const { run } = readRun(settings.out);
  const { experiment } = settings;
  const pairs: [what: string, before: unknown, now: unknown][] = [
    ['seed', run.seed, settings.seed],
    ['data set', run.data.hash, dataHash],
    ['batch size', run.config.batchSize, experiment.batchSize],
    ['optimizer', JSON.stringify(run.config.optimizer), JSON.stringify(experiment.optimizer)],
    [
      'augmentation',
      JSON.stringify(run.config.augmentation),
      JSON.stringify(experiment.augmentation ?? null),
    ],
  ];
  const different = pairs.filter(([, before, now]) => before !== now).map(([what]) => what);
  if (different.length > 0) {
    const what = `it was trained with another ${different.join(' and another ')}`;
    throw new ModelError(
      'resume',
      `The run in ${settings.out} can't be resumed: ${what}. Train without --resume.`,
    );
  }
}
