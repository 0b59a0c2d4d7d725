// SavedModels of TensorFlow, which tfjs-node has TensorFlow itself run: refused, with the way to go.

import { SightlineError } from '@sightline/core';

const refuse = async (name: string, path: string): Promise<never> => {
  throw new SightlineError(
    'unsupported',
    `tf.node.${name} cannot read ${path}: SavedModels need TensorFlow.`,
    {
      hint: 'Convert it: tensorflowjs_converter --input_format=tf_saved_model; then give its model.json to tf.loadGraphModel.',
    },
  );
};

/** @throws SightlineError `unsupported` */
export const loadSavedModel = (path: string, _tags?: string[], _signature?: string): Promise<never> =>
  refuse('loadSavedModel', path);

/** @throws SightlineError `unsupported` */
export const getMetaGraphsFromSavedModel = (path: string): Promise<never> =>
  refuse('getMetaGraphsFromSavedModel', path);

/** How many are loaded: none. */
export const getNumOfSavedModels = (): number => 0;
