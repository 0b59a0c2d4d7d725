// A run's figures on its training and validation images, as its page shows them: curves over thresholds, calibration,
// and tables with intervals.

import { decimal, integer, upperFirst } from '@sightline/core';
import type { MetricCurve, SplitMetrics } from '@sightline/metrics';
import type { LoadedRun } from '@sightline/runs';
import {
  type CalibrationSeries,
  calibrationChart,
  type RankingChartOptions,
  type RankingCurve,
  rankingChart,
} from '@sightline/viz';
import { toConfusion } from './answers.ts';
import type { Chart, ClassRow, Fact, FiguresSection } from './model.ts';

/** Null in runs that kept none: of an older Sightline, or without an epoch. */
export function figuresOf({ run }: LoadedRun): FiguresSection | null {
  const figures = run.metrics?.figures;
  if (!figures) return null;
  const { train, validation } = figures;
  return {
    validation: tableOf(validation),
    training: train && { ...tableOf(train), confusion: toConfusion(train.confusion, run.data.classes) },
    isBinary: run.data.classes.length === 2,
    ranking: rankingCharts(train, validation),
    calibration: calibrationOf(train, validation),
    facts: factsOf(train, validation),
  };
}

function tableOf({ classes, macro, images, accuracy, accuracyInterval }: SplitMetrics) {
  const within = (value: number, [low, high]: readonly [number, number]) => ({
    value: decimal(value),
    interval: `${decimal(low)}–${decimal(high)}`,
  });
  const rows = classes.map(
    (row): ClassRow => ({
      name: row.class,
      precision: within(row.precision, row.precisionInterval),
      recall: within(row.recall, row.recallInterval),
      f1: within(row.f1, row.f1Interval),
      images: integer(row.support),
    }),
  );
  const counted = classes.length - (macro.without?.length ?? 0);
  const means = {
    title: counted === classes.length ? 'mean' : `mean of the ${integer(counted)} classes with images`,
    precision: decimal(macro.precision),
    recall: decimal(macro.recall),
    f1: decimal(macro.f1),
  };
  const { value, interval } = within(accuracy, accuracyInterval);
  return { rows, means, images: integer(images), accuracy: `${value} (${interval})` };
}

type Kind = RankingChartOptions['kind'];

function rankingCharts(train: SplitMetrics | null, validation: SplitMetrics): FiguresSection['ranking'] {
  const draw = (kind: Kind): Chart | null => {
    const curves = curvesOf(kind, train, validation);
    if (curves.length === 0) return null;
    const [only, ...others] = validation.ranking;
    const isOne = only !== undefined && others.length === 0;
    const positive = validation.classes.find((row) => row.class === only?.class)?.support ?? 0;
    const { threshold } = validation;
    const options: RankingChartOptions = {
      kind,
      ...(isOne ? { positive: only.class } : {}),
      ...(isOne && kind === 'precision-recall' ? { chance: positive / validation.images } : {}),
      ...(threshold && kind === 'roc'
        ? {
            mark: {
              x: 1 - threshold.specificity,
              y: threshold.recall,
              text: `from ${decimal(threshold.score)} on`,
            },
          }
        : {}),
    };
    return {
      wide: rankingChart(curves, options),
      narrow: rankingChart(curves, { ...options, width: 350, height: 330 }),
    };
  };
  return { roc: draw('roc'), precisionRecall: draw('precision-recall') };
}

/** Of two classes both splits' curves; of more, a curve a class on the validation images. */
function curvesOf(kind: Kind, train: SplitMetrics | null, validation: SplitMetrics): RankingCurve[] {
  const of = (ranking: SplitMetrics['ranking'][0]) =>
    kind === 'roc' ? ranking.roc : ranking.precisionRecall;
  const one = (curve: MetricCurve, name: string, split: RankingCurve['split']): RankingCurve[] => {
    const { area, interval, x, y } = curve;
    return area === null ? [] : [{ name, split, x, y, area, ...(interval ? { interval } : {}) }];
  };
  if (validation.ranking.length > 1)
    return validation.ranking.flatMap((ranking) => one(of(ranking), ranking.class, 'validation'));
  return [
    ...(train?.ranking ?? []).flatMap((ranking) => one(of(ranking), 'training', 'training')),
    ...validation.ranking.flatMap((ranking) => one(of(ranking), 'validation', 'validation')),
  ];
}

function calibrationOf(train: SplitMetrics | null, validation: SplitMetrics): Chart {
  const series: CalibrationSeries[] = [
    { split: 'validation', ...validation.calibration },
    ...(train ? [{ split: 'training' as const, ...train.calibration }] : []),
  ];
  return {
    wide: calibrationChart(series),
    narrow: calibrationChart(series, { width: 350, height: 330 }),
  };
}

/** What is one number: on the validation images, and on the training images behind it. */
function factsOf(train: SplitMetrics | null, validation: SplitMetrics): Fact[] {
  const both = (of: (figures: SplitMetrics) => string) =>
    train ? `${of(validation)}; training ${of(train)}` : of(validation);
  const facts: Fact[] = [
    { term: 'loss', text: both(({ loss }) => decimal(loss)) },
    {
      term: 'expected calibration error',
      text: both(({ calibration }) => decimal(calibration.expectedError)),
    },
  ];
  for (let k = 1; k < validation.topK.length; k++) {
    facts.push({
      term: `right class among the ${k + 1} most probable`,
      text: both(({ topK }) => decimal(topK[k] ?? 1)),
    });
  }
  const last = validation.classes.at(-1)?.class ?? '';
  if (validation.threshold) {
    const { score, recall, specificity } = validation.threshold;
    facts.push({
      term: 'chosen threshold',
      text: `${upperFirst(last)} from a probability of ${decimal(score)} on gives the greatest sum of recall (${decimal(recall)}) and specificity (${decimal(specificity)}) on the validation images. Answers are given at 0.500.`,
    });
  }
  return facts;
}
