// What axe finds on a page.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * A line per rule that what `page` shows violates, with the first element that does and the number of them.
 *
 * @param rules Default: all of axe's own choice.
 */
export async function axeViolations(page: Page, rules?: readonly string[]): Promise<string[]> {
  // As the browser's own tools do, past the page's policy.
  const session = await page.context().newCDPSession(page);
  // What axe would load before serves rules about media, and there is none.
  const options = JSON.stringify({
    ...(rules ? { runOnly: rules } : {}),
    resultTypes: ['violations'],
    preload: false,
  });
  const { result: known } = await session.send('Runtime.evaluate', { expression: 'typeof axe' });
  if (known.value === 'undefined') await session.send('Runtime.evaluate', { expression: AXE });
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(${options}).then(({ violations }) => violations.map(
      ({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 200) + ' (' + nodes.length + ')'))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  return result.value as string[];
}
