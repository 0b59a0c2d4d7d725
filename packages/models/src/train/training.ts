// What does not change while a network is trained: its data and settings, compiled steps, optimizer and callbacks.

import { SightlineError } from '@sightline/core';
import { parse } from '@sightline/core/schema';
import type { BatchSource } from '@sightline/data';
import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { checkRandomLayers, checkSource } from '../evaluate/check-source.ts';
import { type ClassifierOutputs, classifierOutputs } from '../evaluate/classifier-outputs.ts';
import { type EvaluateStep, evaluateStep, releaseStep } from '../evaluate/evaluate-step.ts';
import { SeededDropout } from '../networks/dropout.ts';
import type { Callback } from './callback.ts';
import type { FitOptions } from './fit-options.ts';
import {
  decayedRates,
  freezeUpTo,
  type LayerStops,
  ratesOfOffsets,
  ratesOfWeights,
  stopLayers,
} from './freeze.ts';
import { Lookahead } from './lookahead.ts';
import { createOptimizer, type Optimizer } from './optimizer.ts';
import { type RowWeights, rowWeights } from './row-weights.ts';
import { type TrainingSettings, trainingSchema } from './settings.ts';
import { type ImagesOfEpoch, imagesOfEpoch } from './smaller-images.ts';
import { averagedWeights, type TrainingState, writeWeights } from './state.ts';
import { type TrainStep, trainableVariables, trainStep } from './step.ts';

export interface Training {
  readonly model: tfl.LayersModel;
  readonly data: { readonly train: BatchSource; readonly validation: BatchSource };
  readonly options: FitOptions;
  readonly settings: TrainingSettings;
  readonly callbacks: readonly Callback[];
  readonly outputs: ClassifierOutputs;
  readonly dropouts: readonly SeededDropout[];
  readonly rowWeights: RowWeights | undefined;
  readonly optimizer: Optimizer;
  readonly lookahead: Lookahead | undefined;
  readonly stops: LayerStops;
  readonly imagesOfEpoch: ImagesOfEpoch;
  readonly train: TrainStep;
  readonly validate: EvaluateStep;
  /** With `ema`, puts the moving averages in the weights' place; returns what puts the weights back. */
  showAverages(): () => void;
  /** Gives the model the weights that a state would keep: with `ema` the averages. Nothing for undefined. */
  putBack(state: TrainingState | undefined): void;
  release(): void;
}

/** Throws SightlineError where the network, the data and the settings do not fit each other. */
export function openTraining(model: tfl.LayersModel, data: Training['data'], options: FitOptions): Training {
  const settings = parse(trainingSchema, options, 'The options of fit');
  const { labelSmoothing, freeze, layerDecay, ema, clipNorm } = settings;
  const { engine, callbacks = [] } = options;
  const outputs = classifierOutputs(model);
  if (outputs.gives === 'independent') {
    throw new SightlineError(
      'network',
      `${model.name} ends in a sigmoid of ${outputs.classes} units, a probability for each by itself: end it in a softmax, or in no activation.`,
    );
  }
  checkRandomLayers(model);
  for (const [split, source] of Object.entries(data)) checkSource(model, outputs.classes, source, split);
  const ofEpoch = imagesOfEpoch(model, outputs, settings.progressiveResizing);
  const weights = rowWeights(data.train.labels, outputs.classes, {
    ...settings,
    sampleWeights: options.sampleWeights,
  });
  const unfreeze = freeze === null ? () => {} : freezeUpTo(model, freeze);
  const decayed = decayedRates(model, layerDecay);
  const rates = ratesOfWeights(model, options.layerRate ?? ((layer) => decayed.get(layer)!));
  const variables = trainableVariables(model);
  const stops = stopLayers(model, settings.freezeAfter ?? {});
  const optimizer = createOptimizer(settings.optimizer, variables, {
    rates,
    gradientRates: ratesOfOffsets(
      model,
      'offsetRate' in settings.optimizer ? settings.optimizer.offsetRate : 1,
    ),
    masks: stops.masks,
    ema,
    clipNorm,
  });
  const train = trainStep(engine, model, outputs, optimizer, labelSmoothing);
  const validate = evaluateStep(engine, model, outputs, labelSmoothing);
  return {
    model,
    data,
    options,
    settings,
    callbacks,
    outputs,
    dropouts: model.layers.filter((layer) => layer instanceof SeededDropout),
    rowWeights: weights,
    optimizer,
    lookahead: settings.lookahead ? new Lookahead(model, settings.lookahead) : undefined,
    stops,
    imagesOfEpoch: ofEpoch,
    train,
    validate,
    showAverages: () => exchange(variables, optimizer.averages),
    putBack(state) {
      if (state) writeWeights(model, averagedWeights(model, state));
    },
    release() {
      releaseStep(train);
      releaseStep(validate);
      optimizer.dispose();
      stops.dispose();
      unfreeze();
    },
  };
}

/** Puts `values` in the variables' place; returns what puts the variables' own values back. */
function exchange(variables: readonly tf.Variable[], values: readonly tf.Tensor[] | undefined): () => void {
  if (!values) return () => {};
  const own = variables.map((variable) => variable.clone());
  variables.forEach((variable, i) => {
    variable.assign(values[i]!);
  });
  return () => {
    variables.forEach((variable, i) => {
      variable.assign(own[i]!);
      own[i]!.dispose();
    });
  };
}
