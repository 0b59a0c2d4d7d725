/** Saving a check for the report: the findings, and the pictures that they are about. */
import { type CheckReport, checkPictures } from '@sightline/data';
import { writeCheck } from '@sightline/runs';
import { encodePng, imageSheet } from '@sightline/viz/images';
import { softwareVersions } from '../software.ts';
import { keptFindings } from './check-findings.ts';
import { shownRoot } from './shown-root.ts';

const side = 96;
const columns = 12;

/** Writes `check.json` and `pictures.png` into a folder that the site shows. */
export async function saveCheck(dir: string, report: CheckReport, command: string): Promise<void> {
  const pictures = await checkPictures(report, { side });
  const pixels = new Uint8Array(pictures.length * side * side * 3);
  pictures.forEach(({ image }, i) => {
    pixels.set(image.data, i * side * side * 3);
  });
  const labels = new Map(report.images.map(({ path, className }) => [path, className]));
  const sheet =
    pictures.length > 0 ? imageSheet(pixels, [pictures.length, side, side, 3], { columns }) : null;
  const { images, findings, root, sizes, errors, warnings, classes, counts, formats } = report;
  writeCheck(
    dir,
    {
      schema: 1,
      root: shownRoot(root),
      checkedAt: new Date().toISOString(),
      command,
      software: { sightline: softwareVersions().sightline },
      classes: [...classes],
      counts: counts as Record<string, Record<string, number>>,
      formats,
      sizes: sizes ?? null,
      images: images.length,
      errors,
      warnings,
      findings: keptFindings(findings),
      pictures: sheet && {
        tile: sheet.tile,
        columns: sheet.columns,
        items: pictures.map(({ path }) => ({ path, label: labels.get(path) ?? '' })),
      },
    },
    sheet && encodePng(sheet),
  );
}
