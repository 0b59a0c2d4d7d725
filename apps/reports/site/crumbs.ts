// The way from the first page to a page of a data set or a run.

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

/** All runs, each with the data set that it belongs to. */
export function allRuns(report: Report): { dataset: ReportDataset; run: ReportRun }[] {
  return report.datasets.flatMap((dataset) => dataset.runs.map((run) => ({ dataset, run })));
}
