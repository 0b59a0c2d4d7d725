/** Training the experiments of a configuration, one after the other. */

import { lockFolder } from '@sightline/core/process';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { chosenExperiments, type Overrides, type Settings, settingsOf } from '../config/settings.ts';
import { type WorkOptions, workOf } from '../events.ts';
import type { TrainedRun } from './train-run.ts';

export interface TrainOptions extends Overrides, WorkOptions {
  /** Only this experiment. Default: all of the configuration. */
  readonly experiment?: string | undefined;
  /** Resume interrupted runs, and start the experiments that have not run yet. */
  readonly resume?: boolean | undefined;
}

/** What `train` trains, in its order. */
export async function plannedRuns(
  source: string | Config | undefined,
  { experiment, ...overrides }: Overrides & Pick<TrainOptions, 'experiment'>,
): Promise<Settings[]> {
  const config = await loadConfig(source);
  return chosenExperiments(config, experiment, overrides.network).map((name) =>
    settingsOf(config, name, overrides),
  );
}

/** @see train in the package's index */
export async function train(
  source: string | Config | undefined,
  { resume, signal, onEvent, ...chosen }: TrainOptions = {},
): Promise<TrainedRun[]> {
  return trainPlanned(await plannedRuns(source, chosen), { resume, signal, onEvent });
}

/** As `train`, what `plannedRuns` gave. */
export async function trainPlanned(
  settings: readonly Settings[],
  { resume = false, ...options }: WorkOptions & Pick<TrainOptions, 'resume'>,
): Promise<TrainedRun[]> {
  const work = workOf(options);
  if (settings[0]) work.emit({ event: 'stage', run: settings[0].name, stage: 'starting' });
  // What trains takes most of a second to load: mistakes in the options are told before.
  const [{ recipeOf }, { isResumable }] = await Promise.all([import('./recipes.ts'), import('./resume.ts')]);
  const runs: TrainedRun[] = [];
  for (const each of settings) {
    // One experiment that never ran is a mistake; of several, an interrupt has left the later ones so.
    const goesOn = resume && (settings.length === 1 || isResumable(each.out));
    const release = lockFolder(each.out);
    work.emit({ event: 'begin', run: each.name, dir: each.out });
    let run: TrainedRun;
    try {
      run = await recipeOf(each.experiment)(each, { ...work, resume: goesOn });
    } finally {
      release();
    }
    runs.push(run);
    work.emit({ event: 'run', run: run.name, status: run.status, epochs: run.epochs, dir: run.dir });
    if (work.signal.aborted) break;
  }
  return runs;
}
