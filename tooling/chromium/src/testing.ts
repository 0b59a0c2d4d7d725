/** Tests in a real browser, with Playwright. */

import { type Browser, chromium } from 'playwright-core';
import { describe } from 'vitest';
import { chromiumFlags, findChromium } from './index.ts';

const executablePath = findChromium();

/** Describes tests that need a browser; where the machine has none they are skipped, and their name says so. */
export function describeInChromium(tests: () => void): void {
  const reason = executablePath ? '' : ' (skipped: this machine has no Chromium; set CHROMIUM_PATH)';
  describe.skipIf(!executablePath)(`in Chromium${reason}`, tests);
}

/** @param flags beside those that every test has */
export async function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  // A busy machine must not fail a test; vitest ends one that hangs.
  const args = [...chromiumFlags, ...flags];
  const browser = await chromium.launch({ executablePath: executablePath!, args, timeout: 0 });
  browser.on('context', (context) => context.setDefaultTimeout(0));
  return browser;
}
