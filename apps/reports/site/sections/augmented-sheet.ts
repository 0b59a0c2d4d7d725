// The tiles of augmented images with their captions, or null where the run has none that can be read.

import { describeAugmentation } from '@sightline/data';
import { augmentedSchema } from '@sightline/runs';
import type { ReportRun } from '../../src/report/report-run.ts';
import type { Sheet } from '../../src/report/sheet.ts';

/** Each image first as it is, with its class as the caption, then its augmented forms, which have no caption. */
export function augmentedSheet(run: ReportRun): Sheet | null {
  const items = run.artifact('augmented.json', augmentedSchema)?.items ?? [];
  return run.sheet('augmented', augmentedSchema, ({ label, path, parameters }, i) => {
    const isOriginal = items[i - 1]?.path !== path && Object.keys(parameters).length === 0;
    const words = isOriginal ? 'original' : describeAugmentation(parameters);
    return { alt: `Image of ${label}, ${words}`, caption: isOriginal ? label : '', detail: words };
  });
}
