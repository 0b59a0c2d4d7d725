/** The machine's own Chromium, for tests in a real browser; none is ever downloaded. */

import { existsSync } from 'node:fs';

const PLACES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Its path, or null if the machine has none. In CI that is an error: tests must not be skipped there. */
export function findChromium(): string | null {
  const path = PLACES.find((place) => place && existsSync(place)) ?? null;
  if (path === null && process.env.CI) {
    throw new Error(
      'CI runs tests in a browser, but there is no Chromium: install it, or set CHROMIUM_PATH.',
    );
  }
  return path;
}

export const chromiumFlags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
