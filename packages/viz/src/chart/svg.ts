// One chart to one string of SVG. Observable Plot draws into a document that is handed to it; here that is linkedom's,
// so no browser is needed and equal options give equal bytes.

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

export interface ChartOptions extends Plot.PlotOptions {
  /** What the chart is, in one line: its accessible name. */
  ariaLabel: string;
  /** What one sees in it, in a sentence with its numbers: its accessible description. */
  ariaDescription: string;
}

/** The chart as a standalone SVG document, which can be put into a page as it is. */
export function renderChart({ ariaLabel, ariaDescription, ...options }: ChartOptions): string {
  const svg = Plot.plot({
    ...options,
    document: document as unknown as NonNullable<Plot.PlotOptions['document']>,
    style: { fontFamily: 'inherit', fontSize: '13px', overflow: 'visible' },
  });
  // Plot's own style element only says what a page says once for all its charts.
  svg.querySelector('style')?.remove();
  svg.removeAttribute('class');
  // Plot names the groups of its marks; a group without a role may not have a name (WAI-ARIA 1.2, generic).
  for (const group of svg.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label');
  // linkedom writes attributes as HTML allows; a file of its own is XML, where a name may not hold a bare < or &.
  const opening =
    '<svg xmlns="http://www.w3.org/2000/svg" role="img"' +
    ` aria-label="${escapeXml(ariaLabel)}" aria-description="${escapeXml(ariaDescription)}"`;
  return opening + roundNumbers(svg.outerHTML).slice('<svg'.length);
}

/** Text as it may stand in XML, in an attribute too. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A hundredth of a pixel is more than a screen shows; the digits after it only make files long. */
function roundNumbers(svg: string): string {
  return svg.replace(/ [\w-]+="[^"]*"/g, (attribute) =>
    attribute.replace(/\d+\.\d{3,}(?!\d|e)/g, (number) => String(Math.round(Number(number) * 100) / 100)),
  );
}
