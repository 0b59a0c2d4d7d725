/** The description of an experiment alone, without TensorFlow.js: for configurations, options and documentation. */

export { NETWORKS, type NetworkName } from '../networks/index.ts';
export { type DataOptions, parseDataOptions } from './data-options.ts';
export {
  defineExperiment,
  type Experiment,
  type ExperimentInput,
  experimentSchema,
  LOGISTIC,
  parseExperiment,
} from './experiment.ts';
export { type ExperimentField, experimentFields } from './fields.ts';
