// Freezing layers, from the beginning or after some epochs, and learning rates that differ from layer to layer.

import { SightlineError } from '@sightline/core';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

type Layer = tfl.layers.Layer;

/**
 * Freezes the layers up to and including `name`, in the order of the model: their weights do not train, and their batch
 * normalizations stay at the moving statistics, as in Keras. Returns what undoes it. Throws SightlineError `network` if
 * there is no such layer or nothing is left to train.
 */
export function freezeUpTo(model: tfl.LayersModel, name: string): () => void {
  const last = model.layers.findIndex((layer) => layer.name === name);
  if (last < 0) {
    const names = model.layers.map((layer) => layer.name).join(', ');
    throw new SightlineError(
      'network',
      `There is no layer "${name}" to freeze up to. The network has ${names}.`,
    );
  }
  const undo = model.layers.slice(0, last + 1).map(freeze);
  const unfreeze = () => {
    for (const each of undo) each();
  };
  if (model.trainableWeights.length > 0) return unfreeze;
  unfreeze();
  throw new SightlineError('network', `Nothing is left to train with all layers up to "${name}" frozen.`);
}

function freeze(layer: Layer): () => void {
  const { trainable } = layer;
  layer.trainable = false;
  if (layer.getClassName() !== 'BatchNormalization') {
    return () => {
      layer.trainable = trainable;
    };
  }
  // TensorFlow.js normalizes a frozen layer by the statistics of the batch, and goes on changing its moving statistics.
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => call(inputs, { ...kwargs, training: false });
  return () => {
    layer.trainable = trainable;
    Reflect.deleteProperty(layer, 'call');
  };
}

/** `decay` to the power of the number of layers with trainable weights that follow, by the layer's name. */
export function decayedRates(model: tfl.LayersModel, decay: number): Map<string, number> {
  const trained = model.layers.filter((layer) => layer.trainableWeights.length > 0);
  return new Map(trained.map((layer, i) => [layer.name, decay ** (trained.length - 1 - i)]));
}

/** What `rate` gives for the layer of each trainable weight, in the order of the model's trainable weights. */
export function ratesOfWeights(model: tfl.LayersModel, rate: (layer: string) => number): number[] {
  const layerOf = new Map(
    model.layers.flatMap((layer) => layer.trainableWeights.map((weight) => [weight, layer.name] as const)),
  );
  return model.trainableWeights.map((weight) => rate(layerOf.get(weight)!));
}

/** `rate` for the offsets of batch normalizations, 1 for others, in the order of the model's trainable weights. */
export function ratesOfOffsets(model: tfl.LayersModel, rate: number): number[] {
  const offsets = new Set(
    model.layers
      .filter((layer) => layer.getClassName() === 'BatchNormalization')
      .flatMap((layer) => layer.trainableWeights.filter((weight) => weight.originalName.endsWith('/beta'))),
  );
  return model.trainableWeights.map((weight) => (offsets.has(weight) ? rate : 1));
}

/** What stops some layers after some epochs. */
export interface LayerStops {
  /** For the optimizer, in the order of the model's trainable weights. */
  readonly masks: readonly (tf.Variable | undefined)[];
  /** Stops the layers whose time has come after `done` epochs, and lets the others train. */
  at(done: number): void;
  dispose(): void;
}

/** Stops layers after so many epochs, by their names. Throws SightlineError `network` where there is no such layer. */
export function stopLayers(model: tfl.LayersModel, after: Readonly<Record<string, number>>): LayerStops {
  const stops = Object.entries(after).map(([name, epochs]) => {
    const layer = model.layers.find((candidate) => candidate.name === name);
    if (!layer?.trainableWeights.length) {
      const trained = model.layers.filter(({ trainableWeights }) => trainableWeights.length > 0);
      throw new SightlineError(
        'network',
        `There is no layer "${name}" that trains, to stop after ${epochs} epochs. The network trains ${trained.map((l) => l.name).join(', ')}.`,
      );
    }
    const scalar = tf.scalar(1);
    const mask = tf.variable(scalar, false);
    scalar.dispose();
    return { weights: new Set(layer.trainableWeights), epochs, mask, isOn: true };
  });
  return {
    masks: model.trainableWeights.map((weight) => stops.find(({ weights }) => weights.has(weight))?.mask),
    at(done) {
      for (const stop of stops) {
        const isOn = done < stop.epochs;
        if (isOn === stop.isOn) continue;
        stop.isOn = isOn;
        const value = tf.scalar(isOn ? 1 : 0);
        stop.mask.assign(value);
        value.dispose();
      }
    },
    dispose: () => {
      for (const { mask } of stops) mask.dispose();
    },
  };
}
