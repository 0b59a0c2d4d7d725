// Charts as SVG and image grids as PNG: pure functions.

export { type ErrorCode, SightlineError } from '@sightline/core';
export { type AccuracyBar, type AccuracyBarsOptions, accuracyBars } from './chart/accuracy-bars.ts';
export {
  type CalibrationChartOptions,
  type CalibrationSeries,
  type ConfidenceBin,
  calibrationChart,
} from './chart/calibration-chart.ts';
export { type ConfusionHeatmapOptions, confusionHeatmap } from './chart/confusion-heatmap.ts';
export {
  type FeatureMapOptions,
  featureMapChart,
  type MapPoint,
  type MapSheet,
} from './chart/feature-map.ts';
export {
  type EpochValues,
  type HistoryChartOptions,
  type HistoryRun,
  historyChart,
} from './chart/history-chart.ts';
export {
  type LearningCurveOptions,
  type LearningCurvePoint,
  learningCurveChart,
} from './chart/learning-curve-chart.ts';
export { type RankingChartOptions, type RankingCurve, rankingChart } from './chart/ranking-chart.ts';
export { type RateChartOptions, type RatePoint, rateChart } from './chart/rate-chart.ts';
export { type RunCurve, type RunsChartOptions, runsChart } from './chart/runs-chart.ts';
export { type ScheduleChartOptions, scheduleChart } from './chart/schedule-chart.ts';
export { type Score, type ScoreHistogramOptions, scoreHistogram } from './chart/score-histogram.ts';
export * from './images.ts';
export { SHARE_CARD, type ShareCard, shareCard } from './share-card.ts';
