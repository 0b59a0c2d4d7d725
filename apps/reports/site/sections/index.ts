// The sections of a run's page, in their order. A new chart is a component in this folder and a line here.

import { layerTableSchema, rateSchema } from '@sightline/runs';
import type { ReportDataset } from '../../src/report/dataset.ts';
import type { ReportRun } from '../../src/report/report-run.ts';
import Augmentation from './Augmentation.astro';
import { augmentedSheet } from './augmented-sheet.ts';
import Calibration from './Calibration.astro';
import Classes from './Classes.astro';
import Configuration from './Configuration.astro';
import Confusion from './Confusion.astro';
import Curves from './Curves.astro';
import Head from './Head.astro';
import Kernels from './Kernels.astro';
import Layers from './Layers.astro';
import LearningCurve from './LearningCurve.astro';
import LearningRate from './LearningRate.astro';
import Ranking from './Ranking.astro';
import Test from './Test.astro';

/** What every section gets. */
export interface SectionProps {
  run: ReportRun;
  dataset: ReportDataset;
  /** Leads from the page to the site's first folder. */
  root: string;
}

export interface Section {
  /** The section's anchor. */
  id: string;
  title: string;
  /** Whether the run has what the section shows. */
  when: (run: ReportRun) => boolean;
  component: (props: SectionProps) => unknown;
}

export const sections: readonly Section[] = [
  {
    id: 'curves',
    title: 'Training curves',
    when: (run) => run.history.length > 0,
    component: Curves,
  },
  {
    id: 'confusion',
    title: 'Confusion matrix',
    when: (run) => run.answers.length > 0,
    component: Confusion,
  },
  { id: 'test', title: 'Test images', when: (run) => run.metrics?.test !== undefined, component: Test },
  { id: 'classes', title: 'Per class', when: (run) => run.metrics !== null, component: Classes },
  { id: 'calibration', title: 'Confidence', when: (run) => run.metrics !== null, component: Calibration },
  { id: 'ranking', title: 'ROC and precision-recall', when: isRankedOnce, component: Ranking },
  {
    id: 'learning-curve',
    title: 'More images?',
    when: (run) => (run.run.head?.curve.points.length ?? 0) > 1,
    component: LearningCurve,
  },
  { id: 'head', title: 'Head', when: (run) => run.run.head !== undefined, component: Head },
  {
    id: 'lr-find',
    title: 'Learning-rate finder',
    when: (run) => run.artifact('rate.json', rateSchema) !== null,
    component: LearningRate,
  },
  {
    id: 'augmentation',
    title: 'Augmentation',
    when: (run) => augmentedSheet(run) !== null,
    component: Augmentation,
  },
  {
    id: 'kernels',
    title: 'Kernels of the first layer',
    when: (run) => run.array('kernels.npy') !== null,
    component: Kernels,
  },
  {
    id: 'layers',
    title: 'Layers',
    when: (run) => run.artifact('layers.json', layerTableSchema) !== null,
    component: Layers,
  },
  { id: 'configuration', title: 'Configuration', when: () => true, component: Configuration },
];

/** With more than two classes, the areas stand in the table of classes. */
function isRankedOnce({ metrics }: ReportRun): boolean {
  const ranking = metrics?.validation.ranking ?? [];
  return ranking.length === 1 && ranking[0]!.roc.area !== null;
}
