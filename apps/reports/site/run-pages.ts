// Which pages there are of each run, and the way to them from the first page.

import type { ReportDataset } from '../src/report/dataset.ts';
import type { Report } from '../src/report/report.ts';
import type { ReportRun } from '../src/report/report-run.ts';
import type { Crumb } from './layouts/Page.astro';

/** With one data set, the first page is its overview. */
export function datasetCrumbs(report: Report, dataset: ReportDataset): Crumb[] {
  const all = report.datasets.length > 1 ? [{ name: report.title, href: 'index.html' }] : [];
  return [...all, { name: dataset.title, href: dataset.overview }];
}

export function runCrumbs(report: Report, dataset: ReportDataset, run: ReportRun): Crumb[] {
  return [...datasetCrumbs(report, dataset), { name: run.name, href: `runs/${run.slug}.html` }];
}

/** What each page of a run gets. */
export interface RunPageProps {
  dataset: ReportDataset;
  run: ReportRun;
}

/** The pages of all runs, as Astro's getStaticPaths gives them. */
export function runPaths({ datasets }: Report): { params: { slug: string }; props: RunPageProps }[] {
  return datasets.flatMap((dataset) =>
    dataset.runs.map((run) => ({ params: { slug: run.slug }, props: { dataset, run } })),
  );
}

/** The pages of the runs that have predictions. */
export const predictionPaths = (report: Report) =>
  runPaths(report).filter(({ props }) => props.run.answers.length > 0);
