/** The learning-rate finder on an experiment's own network, images and augmentation. */
import { buildNetwork, checkExperiment, findLearningRate, type RateFinding } from '@sightline/models';
import { selectEngine } from '@sightline/tfjs-onnxruntime';
import type { Settings } from '../experiment/settings.ts';
import type { Output } from '../terminal/output.ts';
import { loadInputs } from './inputs.ts';
import { openInOrder } from './open-in-order.ts';

/** @throws the errors of the packages below, where the experiment could not be trained */
export async function findRate(
  settings: Settings,
  { output, signal, steps }: { output: Output; signal: AbortSignal; steps?: number },
): Promise<RateFinding> {
  const { name, experiment, seed } = settings;
  checkExperiment(experiment, `The experiment ${name}`);
  const [engine, dataset] = await Promise.all([
    selectEngine(settings.engine),
    openInOrder(settings.data, settings.classes, signal),
  ]);
  const { train } = await loadInputs(dataset, settings, { output, signal });
  const model = await buildNetwork(experiment, train, seed);
  const { optimizer } = experiment;
  return findLearningRate(model, train, { engine, optimizer, signal, ...(steps ? { steps } : {}) });
}
