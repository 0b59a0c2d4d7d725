/**
 * `npm run train`: the whole pipeline. It brings the data set's lock file up to date, has turbo run what is not in its
 * cache, and ends with what came out.
 */
import { sightline } from 'sightline';
import {
  chosenExperiments,
  counted,
  interruptedExitCode,
  loadConfig,
  openOutput,
  runTask,
  settingsOf,
  withEnvironment,
} from 'sightline/program';
import { lockDataset, shownPath } from './dataset.ts';
import { type PipelineOptions, readOptions, usage } from './options.ts';
import { otherRuns, outcome } from './outcome.ts';
import { places } from './places.ts';
import { runTurbo } from './turbo.ts';

/** Trains an experiment that is named, here and without turbo: the main job's tasks are none of others. */
async function trainOne(name: string, { data, environment }: PipelineOptions): Promise<number> {
  Object.assign(process.env, environment);
  return sightline([
    'train',
    places.app,
    '--experiment',
    name,
    ...(data === undefined ? [] : ['--data', data]),
  ]);
}

await runTask(async ({ signal }) => {
  const began = Date.now();
  const options = readOptions(process.argv.slice(2));
  const output = openOutput({ isJson: false });
  if (options.wantsHelp) {
    output.result(null, usage);
    return 0;
  }
  // A mistake in an option is told before anything takes time.
  const config = await loadConfig(places.app);
  const chosen = withEnvironment({}, { ...process.env, ...options.environment });
  for (const name of chosenExperiments(config, options.experiment)) settingsOf(config, name, chosen);

  const { dataset } = await lockDataset(options.data, {
    signal,
    onStep: (step) => output.note(`data  ${step} ...`),
  });
  const { train, validation } = dataset.splits;
  const counts = `${counted(train.length, 'image')} to train on, ${validation.length} to validate with`;
  output.note(`data  ${counts} (${dataset.classes.join(', ')}) in ${shownPath(dataset.root)}`);
  const dataSeconds = (Date.now() - began) / 1000;

  // Tasks that fail for one reason would each say it.
  const said = new Set<string>();
  const sayOnce = (_: string, text: string) => {
    if (!said.has(text)) output.note(text);
    said.add(text);
  };
  const tell = { signal, onLine: sayOnce };
  const trained = options.experiment === undefined ? 0 : await trainOne(options.experiment, options);
  const turbo =
    trained !== 0
      ? { exitCode: trained, cached: [], ran: [], seconds: {} }
      : await runTurbo(options.experiment === undefined ? ['train'] : ['report', '--only'], {
          ...tell,
          environment: { ...options.environment, SIGHTLINE_RUNS: otherRuns() },
          isForced: options.isForced && options.experiment === undefined,
        });
  const allSeconds = (Date.now() - began) / 1000;
  const { isComplete, text } = outcome({
    began,
    turbo,
    dataSeconds,
    allSeconds,
    isInterrupted: signal.aborted,
  });
  if (text !== '') output.result(null, text);
  if (signal.aborted) return interruptedExitCode;
  return isComplete && turbo.exitCode === 0 ? 0 : 1;
});
