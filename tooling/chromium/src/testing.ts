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
export function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  // A busy machine must not fail a test; vitest ends one that hangs.
  return chromium.launch({ executablePath: executablePath!, args: [...chromiumFlags, ...flags], timeout: 0 });
}
