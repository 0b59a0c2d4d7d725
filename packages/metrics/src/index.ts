// Metrics of a classifier from its probabilities and the labels: pure functions that run in Node and in a browser.

export { type AreaIntervals, bootstrapAreas, type Ranking } from './bootstrap.ts';
export { type Calibration, type CalibrationBin, calibration } from './calibration.ts';
export { type Collapsed, collapsed, lowerRate, MORE_OF_RARE } from './collapse.ts';
export { type ClassMetrics, compactMetrics, type MetricCurve, type SplitMetrics } from './compact.ts';
export {
  type ClassScores,
  classScores,
  confusionMatrix,
  type MacroScores,
  macroScores,
} from './confusion.ts';
export { type Curve, type CurvePoint, precisionRecallCurve, rocCurve } from './curves.ts';
export { type McNemar, mcnemar } from './mcnemar.ts';
export { type ClassificationMetrics, classificationMetrics, type RankingScores } from './metrics.ts';
export {
  type PredictionRow,
  perClass,
  predictedClass,
  predictedClasses,
  predictionRows,
} from './predictions.ts';
export { mean, sampleDeviation } from './sample.ts';
export { type Interval, wilsonInterval } from './wilson.ts';
