// The image of each run for sharing, as PNG: other programs show it beside a link to the run's page.

import { createRequire } from 'node:module';
import { integer } from '@sightline/core';
import { shareCard } from '@sightline/viz';
import type { Assets } from './report/assets.ts';
import type { Report } from './report/report.ts';
import type { ReportRun } from './report/report-run.ts';
import { SHARE_IMAGE } from './report/report-run.ts';

const require = createRequire(import.meta.url);
/** The machine's own fonts stay out: it may have none, or others. */
const FONTS = ['DejaVuSans', 'DejaVuSerif-Bold'];

/** Takes the image of every run into the site. */
export async function addShareImages({ datasets }: Report, assets: Assets): Promise<void> {
  if (datasets.length === 0) return;
  const { renderAsync } = await import('@resvg/resvg-js');
  const fontFiles = FONTS.map((name) => require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`));
  const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: 'DejaVu Sans' };
  for (const { title, runs } of datasets) {
    for (const run of runs) {
      const image = await renderAsync(shareCard({ title, ...cardOf(run) }), { font });
      assets.add(run.slug, SHARE_IMAGE, image.asPng());
    }
  }
}

function cardOf(run: ReportRun) {
  const { accuracy, interval, validationImages, metrics } = run;
  const isSound = run.state.kind === 'sound';
  const [low, high] = interval ?? [];
  const measured =
    low === undefined
      ? ''
      : `${low.toFixed(3)} to ${high!.toFixed(3)} with 95% confidence, on ${integer(validationImages)} validation images`;
  return {
    run: run.name,
    accuracy,
    detail: isSound ? measured : run.state.note,
    classes: (metrics?.validation.classes ?? [])
      .filter(({ support }) => support > 0)
      .map(({ class: name, recall }) => ({ name, recall })),
  };
}
