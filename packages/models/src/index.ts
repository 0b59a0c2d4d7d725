// Networks, the training loop, evaluation, saving and export of image classifiers in TensorFlow.js.

export { type ErrorCode, SightlineError } from '@sightline/core';
export {
  BACKBONE_NAMES,
  BACKBONES,
  type BackboneName,
  isBackboneFile,
  loadBackbone,
} from './backbones.ts';
export type { Engine, EngineOptions } from './engine/engine.ts';
export { ENGINE_CHOICES, ENGINE_NAMES, ENGINES, type EngineName, selectEngine } from './engine/select.ts';
export { type ClassifierOutputs, classifierOutputs } from './evaluate/classifier-outputs.ts';
export {
  type Evaluation,
  type Evaluator,
  evaluate,
  evaluationOf,
  openEvaluator,
} from './evaluate/evaluate.ts';
export { lossNote } from './evaluate/evaluate-step.ts';
export { type CheckpointWriter, openCheckpoints, type Start, startOf } from './experiment/checkpoints.ts';
export { type Comparison, compareRuns, type Pair } from './experiment/compare.ts';
export type { FeatureRows } from './experiment/head-record.ts';
export * from './experiment/index.ts';
export type { RunData } from './experiment/measure.ts';
export { modelCard } from './experiment/model-card.ts';
export type { RunBackbone } from './experiment/results.ts';
export { configOf, type RunOptions, type RunResult, runExperiment } from './experiment/run.ts';
export {
  type FineTuneProgress,
  type HeadRunData,
  type HeadRunOptions,
  type HeadRunResult,
  type MeasuredFineTune,
  runHead,
  type SolvedRun,
} from './experiment/run-head.ts';
export { type DatasetFeatures, datasetFeatures, type FeatureOptions } from './features/dataset-features.ts';
export { throughBackbone } from './fine-tune/block-features.ts';
export { evaluateTuned } from './fine-tune/evaluate-tuned.ts';
export {
  type FineTuned,
  type FineTuneOptions,
  type FineTuneSettings,
  fineTune,
  fineTuneEpochs,
} from './fine-tune/fine-tune.ts';
export { fitHead, type Head, type HeadData, type HeadOptions, type PenaltyStep } from './head/fit-head.ts';
export type { LearningCurve } from './head/learning-curve.ts';
export { headModel, predictHead } from './head/predict-head.ts';
export { classThresholds, type Suspect, suspects } from './head/suspects.ts';
export {
  type ActivationMaps,
  activationMaps,
  type Contrast,
  classActivationMap,
  linearKernel,
} from './inspect/activation-map.ts';
export { type FeatureMap, featureMap } from './inspect/feature-map.ts';
export { featureMapAside } from './inspect/feature-map-thread.ts';
export { firstKernels, type Kernels } from './inspect/first-kernels.ts';
export { hiddenFeatures } from './inspect/hidden-features.ts';
export { layerTable } from './inspect/layer-table.ts';
export { airbenchOf } from './networks/airbench.ts';
export { type BackboneTail, backboneTail, type DenseHead } from './networks/backbone-tail.ts';
export { buildNetwork } from './networks/build-network.ts';
export { loadNetwork, type Network } from './networks/index.ts';
export { seedNetwork } from './networks/seed.ts';
export { type LayerRow, sequential } from './networks/table.ts';
export { exportOnnx, reexportOnnx } from './onnx/export.ts';
export {
  type CheckedImages,
  checkOnnx,
  type ExportCheck,
  exportChecked,
  firstImages,
} from './onnx/export-checked.ts';
export { type OnnxClassifier, openOnnx } from './onnx/open.ts';
export { EXPORT_PRECISIONS, type ExportPrecision } from './onnx/precision.ts';
export { loadKeras, saveKeras } from './save/keras.ts';
export { type ModelMetadata, metadataSchema } from './save/metadata.ts';
export { loadModel, saveModel } from './save/tfjs.ts';
export {
  type Callback,
  csvHistory,
  earlyStopping,
  reduceOnPlateau,
  type StepProgress,
  type TrainingControl,
  timeLimit,
} from './train/callback.ts';
export { findLearningRate, type RateFinderOptions, type RateFinding } from './train/find-learning-rate.ts';
export { fit } from './train/fit.ts';
export type { FitOptions, FitResult } from './train/fit-options.ts';
export { rateFactor } from './train/schedule.ts';
export type { Monitor, OptimizerConfig, Schedule, TrainingConfig } from './train/settings.ts';
export type { EpochPart, NamedArray, TrainingState } from './train/state.ts';
export { whiten } from './train/whitening.ts';
