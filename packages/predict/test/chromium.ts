// The machine's Chromium for tests in a real browser; none is ever downloaded.

import { existsSync } from 'node:fs';

const places = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Its path, or null where the machine has none. In CI that is an error: there the tests must not be skipped. */
export function findChromium(): string | null {
  const path = places.find((place) => place && existsSync(place)) ?? null;
  if (path === null && process.env.CI) {
    throw new Error(
      'CI tests the site in a browser, but there is no Chromium: install it, or set CHROMIUM_PATH.',
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
