/**
 * `npm run train`: the whole pipeline. It brings the data set's lock file up to date, has turbo run what is not in its
 * cache, and ends with the results.
 */
import { counted } from '@sightline/core';
import { chosenExperiments, loadConfig, settingsOf } from 'sightline';
import { defineCommand, runAsProcess, sightline } from 'sightline/cli';
import { lockDataset, shownPath } from './dataset.ts';
import { environmentOf, options } from './options.ts';
import { outcome } from './outcome.ts';
import { places } from './places.ts';
import { runTurbo } from './turbo.ts';

const command = defineCommand({
  usage: '',
  examples: [
    { command: 'npm run train', does: 'Data, features, four trainings and the site' },
    { command: 'npm run train -- --data photos', does: 'On images of your own' },
    { command: 'npm run train -- --experiment residual', does: 'Another experiment of the configuration' },
  ],
  options,
  async run({ values, output, work: { signal }, exitWith }) {
    const began = Date.now();
    const { experiment, force, ...overrides } = values;
    // A mistake in an option is told before anything takes time.
    const config = await loadConfig(places.app);
    for (const name of chosenExperiments(config, experiment)) settingsOf(config, name, overrides);

    const { dataset } = await lockDataset(values.data, {
      ...overrides,
      signal,
      onStep: (step) => output.note(`data  ${step} ...`),
    });
    const { train, validation } = dataset.splits;
    const counts = `${counted(train.length, 'image')} to train on, ${validation.length} to validate with`;
    output.note(`data  ${counts} (${dataset.classes.join(', ')}) in ${shownPath(dataset.root)}`);
    const dataSeconds = (Date.now() - began) / 1000;

    const environment = environmentOf(values);
    const trained = experiment === undefined ? 0 : await trainOne(experiment, environment);
    const turbo =
      trained !== 0
        ? { exitCode: trained, seconds: {} }
        : await runTurbo(experiment === undefined ? ['train'] : ['report', '--only'], {
            signal,
            onLine: once(output.note),
            environment,
            isForced: force && experiment === undefined,
          });
    const allSeconds = (Date.now() - began) / 1000;
    const isInterrupted = signal.aborted;
    const { isComplete, text } = outcome({ began, turbo, dataSeconds, allSeconds, isInterrupted });
    output.result(null, text);
    if (!isComplete || turbo.exitCode !== 0) exitWith(1);
  },
});

/** Trains an experiment that is named, here and without turbo: the main job's tasks are none of others. */
async function trainOne(name: string, environment: Record<string, string>): Promise<number> {
  Object.assign(process.env, environment);
  return sightline(['train', places.app, '--experiment', name]);
}

/** Says each line once: tasks that fail for one reason would each say it. */
function once(say: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (!said.has(line)) say(line);
    said.add(line);
  };
}

await runAsProcess({
  name: 'npm run train --',
  summary: 'Train the experiments of car or other, and build their site',
  command,
});
